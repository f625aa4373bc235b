// Captions that look for pictures, and pictures that look for captions.
section("retrieval", () => chosen.item?.kind === "retrieval", panel => {
  const own = retrieval();
  const total = own.names.length;
  let only = "all";
  const found = el("p", { class: "found", role: "status" });
  const lists = el("div");
  const keep = query => only === "all" || (only === "right") === (query.rank === 1);
  panel.append(
    el("p", { class: "note", text: `Drawn from ${count(own.pictures, "picture")} and ${count(own.texts, "caption")}: what each finds first among all the others. Numbers below are cosines.` }),
    el("form", { class: "filters", "aria-label": "Filter", onsubmit: event => event.preventDefault() },
      el("fieldset", { class: "choice" }, el("legend", { class: "unseen", text: "Found first or not" }), ...[["all", "All"], ["right", "Found first"], ["wrong", "Not first"]].map(([value, text]) =>
        el("label", {}, el("input", { type: "radio", name: "found", value, checked: value === only, onchange: () => { only = value; show(); } }), text)))),
    found, lists);
  show();

  function show() {
    const [texts, pictures] = [own.byText.filter(keep), own.byPicture.filter(keep)];
    found.textContent = `${count(texts.length, "caption")} and ${count(pictures.length, "picture")}`;
    lists.replaceChildren(
      el("h3", { text: "Captions that find pictures" }), el("ul", { class: "find" }, ...texts.map(byText)),
      el("h3", { text: "Pictures that find captions" }), el("ul", { class: "find" }, ...pictures.map(byPicture)));
  }

  function place(query) {
    const ok = query.rank === 1;
    return [el("span", { class: "mark " + (ok ? "right" : "wrong"), role: "img", "aria-label": ok ? "Found first:" : "Not first:", text: ok ? "✓ " : "✗ " })];
  }

  function byText(query) {
    const hits = query.best.map((index, i) => hit(index, query.scores[i], index === query.own));
    if (!query.best.includes(query.own)) hits.push(hit(query.own, null, true, query.rank));
    return el("li", {}, el("p", { class: "text" }, ...place(query), query.text), el("ul", { class: "hits" }, ...hits));
  }

  function hit(index, score, isOwn, rank) {
    const words = isOwn ? "its own picture" : "another picture";
    return el("li", { class: isOwn ? "right" : null }, thumbnail(own.album, index, total, `${words}: ${own.names[index]}`),
      rank ? `its own, rank ${rank.toLocaleString("en")}` : `${(score / 10000).toFixed(3)}${isOwn ? " · its own" : ""}`);
  }

  function byPicture(query) {
    const list = el("ul", { class: "bars" }, ...query.best.map((text, i) => el("li", { class: query.isOwn[i] ? "right" : i === 0 ? "wrong" : null },
      el("span", { class: "bar" }, width(el("i"), Math.max(0, query.scores[i] / 100)), el("span", { text }),
        query.isOwn[i] ? el("span", { class: "unseen", text: " (its own)" }) : null),
      el("span", { class: "chance", text: (query.scores[i] / 10000).toFixed(3) }))));
    return el("li", { class: "pair" }, thumbnail(own.album, query.picture, total, own.names[query.picture]),
      el("div", {}, el("p", { class: "text" }, ...place(query), query.own[0],
        query.rank === 1 ? null : el("small", { class: "muted", text: `rank ${query.rank.toLocaleString("en")} of ${own.texts.toLocaleString("en")}` })), list));
  }
});
