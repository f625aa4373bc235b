// The page's state is its address, so that it can be sent to others and gone back to.

export const read = () => new URLSearchParams(location.search);

/** Puts values into the address; empty ones leave it. A step of its own is one that Back goes back from. */
export function write(values, isStep = false) {
  const address = read();
  for (const [name, value] of Object.entries(values)) {
    address.delete(name);
    for (const one of [value].flat()) if (one) address.append(name, one);
  }
  const text = `${location.pathname}?${address}`;
  if (text === location.pathname + location.search) return;
  history[isStep ? "pushState" : "replaceState"](null, "", text);
}

/** Calls at the end of a burst: of keystrokes, say. */
export function settled(call, wait) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(call, wait);
  };
}
