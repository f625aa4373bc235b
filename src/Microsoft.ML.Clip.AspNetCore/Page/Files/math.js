// CLIP's scores: the same rules as the server's.

/** The dot product, which of vectors of length 1 is the cosine of their angle. */
export function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** What cosines are worth: shares of 1 (CLIP), or each by itself (SigLIP). */
export function scores(cosines, scale, bias) {
  if (bias !== undefined && bias !== null) return cosines.map(c => 1 / (1 + Math.exp(-(scale * c + bias))));
  const most = Math.max(...cosines);
  const powers = cosines.map(c => Math.exp(scale * (c - most)));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map(p => p / sum);
}

/** A share for people: never 100 % or 0 % of what is not. */
export function percent(share) {
  if (share > 0.9995 && share < 1) return ">99.9 %";
  if (share > 0 && share < 0.0005) return "<0.1 %";
  return `${(100 * share).toFixed(1)} %`;
}
