// Thumbnails: sheets become pictures when the first of their thumbnails is asked for.
const albums = json("albums-json")?.albums ?? [];
const sheets = new Map();

function sheetAddress(album, number) {
  const id = `sheet-${album}-${number}`;
  if (!sheets.has(id)) {
    const text = atob(document.getElementById(id).textContent);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    sheets.set(id, URL.createObjectURL(new Blob([bytes], { type: "image/webp" })));
  }
  return sheets.get(id);
}

/** A picture of an album; without a text it is mere decoration. */
function thumbnail(album, index, total, text) {
  const { columns, perSheet } = albums[album];
  const number = Math.floor(index / perSheet);
  const inSheet = Math.min(perSheet, total - number * perSheet);
  const across = Math.min(columns, inSheet);
  const down = Math.ceil(inSheet / across);
  const at = index - number * perSheet;
  const node = el("span", { class: "thumb", role: text ? "img" : null, "aria-label": text, "aria-hidden": text ? null : "true" });
  const place = (cell, cells) => cells > 1 ? 100 * cell / (cells - 1) : 0;
  node.style.backgroundImage = `url("${sheetAddress(album, number)}")`;
  node.style.backgroundSize = `${100 * across}% ${100 * down}%`;
  node.style.backgroundPosition = `${place(at % across, across)}% ${place(Math.floor(at / across), down)}%`;
  return node;
}

const setThumbnail = (index, text) => thumbnail(chosen.item.set.album, index, chosen.item.set.names.length, text);
