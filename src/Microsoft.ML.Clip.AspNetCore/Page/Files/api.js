// Speaks with the server. Addresses are relative, for the page may lie under a prefix.

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function ask(path, init) {
  let response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...init });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, "The server does not answer.");
  }
  if (response.ok) return response.status === 204 ? null : response.json();
  const body = await response.json().catch(() => null);
  throw new ApiError(response.status, body?.error?.message ?? `The server answered ${response.status}.`);
}

const post = (path, value, signal) => ask(path, {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(value), signal,
});

export const info = () => ask("info");

export const signIn = key => ask("sign-in", { method: "POST", headers: { Authorization: `Bearer ${key}` } });

/** Searches: by POST where there is a picture, for an address has no room for one. */
export function search({ words, without, like, image, skip }, signal) {
  const query = { q: words || undefined, without: without ? [without] : undefined, like, image, skip };
  if (image) return post("search", query, signal);
  const address = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) address.append(name, value);
  return ask(`search?${address}`, { signal });
}

export const pictureAddress = (id, size) => `pictures/${encodeURIComponent(id)}?size=${size}`;

const known = new Map();
const mostKnown = 4000;

/** The embeddings of texts and data URLs; what was embedded before is not sent again. */
export async function embed(inputs, signal) {
  const missing = [...new Set(inputs)].filter(input => !known.has(input));
  if (missing.length > 0) {
    const answer = await post("v1/embeddings", { input: missing, encoding_format: "base64" }, signal);
    if (known.size > mostKnown) known.clear();
    missing.forEach((input, i) => known.set(input, floats(answer.data[i].embedding)));
  }
  const all = inputs.map(input => known.get(input));
  return all.includes(undefined) ? embed(inputs, signal) : all;
}

function floats(base64) {
  const bytes = Uint8Array.from(atob(base64), c => c.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}
