// Pictures as people bring them: chosen, dropped, pasted.

let most = 20e6;

/** The largest body that the server takes. */
export function limit(bytes) {
  most = bytes;
}

/** A file as a data URL, with an address to show it by. */
export async function read(file) {
  if (!file.type.startsWith("image/")) throw new Error(`${file.name || "That"} is no picture.`);
  // Base64 makes four bytes of three.
  if (file.size * 4 / 3 + 1000 > most) throw new Error(`${file.name} is larger than the server takes (${Math.floor(most * 3 / 4e6)} MB).`);
  const url = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(new Error(`${file.name} cannot be read.`));
    reader.readAsDataURL(file);
  });
  return { name: file.name || "picture", url, shown: URL.createObjectURL(file) };
}

/** Hands on what is dropped on the window or pasted. */
export function onPictures(take) {
  const files = data => [...(data?.files ?? [])].filter(file => file.type.startsWith("image/"));
  let depth = 0;
  const mark = () => document.body.classList.toggle("dropping", depth > 0);
  addEventListener("dragenter", event => {
    if ([...(event.dataTransfer?.types ?? [])].includes("Files")) { depth++; mark(); }
  });
  addEventListener("dragleave", () => { depth = Math.max(0, depth - 1); mark(); });
  addEventListener("dragover", event => event.preventDefault());
  addEventListener("drop", event => {
    event.preventDefault();
    depth = 0;
    mark();
    const dropped = files(event.dataTransfer);
    if (dropped.length > 0) take(dropped);
  });
  addEventListener("paste", event => {
    const pasted = files(event.clipboardData);
    if (pasted.length > 0) take(pasted);
  });
}

/** A button that opens the system's chooser. */
export function onChoose(button, input, take) {
  button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    if (input.files.length > 0) take([...input.files]);
    input.value = "";
  });
}
