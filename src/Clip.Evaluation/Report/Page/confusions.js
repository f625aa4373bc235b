// Which classes are taken for which, with the pictures themselves.
section("confusions", () => chosen.item?.set?.right !== undefined, panel => {
  const { confusions, classes } = run();
  const step = 24;
  let shown = 0;
  const list = el("ul", { class: "pairs" });
  const more = el("button", { class: "button more-button", type: "button", text: "More pairs", onclick: () => add() });
  if (confusions.length === 0) {
    panel.append(el("p", { class: "empty", text: "No picture was taken for another class." }));
    return;
  }
  panel.append(el("p", { class: "note", text: "What is most often taken for what. Some mistakes are the model's, and some are the labels'." }), list, more);
  add();

  function add() {
    const next = confusions.slice(shown, shown + step);
    list.append(...next.map(pair => el("li", {},
      el("p", {}, el("b", { text: labelName(pair.right) }), el("span", { class: "arrow", role: "img", "aria-label": "taken for", text: "→" }),
        el("b", { text: labelName(pair.taken) }),
        el("small", { text: `${pair.count.toLocaleString("en")} of ${count(classes[pair.right][0], "picture")}` })),
      strip(pair.pictures))));
    if (shown > 0) list.children[shown].querySelector("button")?.focus();
    shown += next.length;
    more.hidden = shown >= confusions.length;
  }
});
