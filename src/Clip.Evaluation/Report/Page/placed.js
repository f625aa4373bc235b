// Pictures in sections that are otherwise written out.
for (const place of document.querySelectorAll("[data-picture]")) {
  place.append(thumbnail(data.placed.album, Number(place.dataset.picture), data.placed.pictures, place.dataset.name));
}
