// What is known of one picture, in a card of the grid and large in a dialog.
const rightOf = index => chosen.item.set.right?.[index] ?? [];
const isRight = index => run().ranks[index] === 1;
const best = index => {
  const { best, scores, kept } = run();
  return Array.from({ length: kept }, (_, i) => ({ label: best[index * kept + i], score: scores[index * kept + i] }));
};
const confidence = index => run().scores[index * run().kept];
const labelName = label => chosen.item.set.labels[label];
const names = labels => labels.map(labelName).join(", ");

/** A line of the figure for each of the best labels: the prompt, behind it a bar, and its probability. */
function bars(index) {
  const right = rightOf(index);
  const known = chosen.item.set.right !== undefined;
  return el("ul", { class: "bars" }, ...best(index).map(({ label, score }, place) => {
    const state = right.includes(label) ? "right" : place === 0 && known ? "wrong" : null;
    const bar = el("span", { class: "bar" }, width(el("i"), score / 100), ...prompt(label));
    if (state) bar.append(el("span", { class: "unseen", text: state === "right" ? " (right)" : " (wrong)" }));
    return el("li", { class: state }, bar, el("span", { class: "chance", text: percent(score) }));
  }));
}

/** The prompt, its label set off. */
function prompt(label) {
  const text = chosen.item.set.prompts[label];
  const name = labelName(label);
  const at = text.indexOf(name);
  if (at < 0) return [el("span", { text })];
  return [el("em", { class: "around", text: text.slice(0, at) }), el("span", { text: name }), el("em", { class: "around", text: text.slice(at + name.length) })];
}

/** The right label, its rank and its probability, as CLIP's paper writes above each picture. */
function heading(index, tag) {
  const right = rightOf(index);
  if (!chosen.item.set.right) {
    return el("span", { class: "head" }, el(tag, { text: labelName(best(index)[0].label) }), el("span", { class: "place", text: percent(confidence(index)) }));
  }
  const ok = isRight(index);
  if (right.length === 0) return el("span", { class: "head" }, el(tag, { text: "none of the labels" }));
  const rank = `rank ${run().ranks[index]} of ${chosen.item.set.labels.length.toLocaleString("en")} · ${percent(run().rightScores[index])}`;
  return el("span", { class: "head" },
    el("span", { class: "mark " + (ok ? "right" : "wrong"), role: "img", "aria-label": ok ? "Right:" : "Wrong:", text: ok ? "✓" : "✗" }),
    el(tag, { text: names(right) }), el("span", { class: "place", text: rank }));
}

const detail = el("dialog", { "aria-labelledby": "detail-title" });
document.body.append(detail);

/** Opens a picture large; with arrow keys or buttons one goes through a list of them. */
function open(index, list, closed) {
  let at = list.indexOf(index);
  const show = to => {
    at = (to + list.length) % list.length;
    const head = heading(list[at], "h2");
    head.querySelector("h2").id = "detail-title";
    detail.replaceChildren(el("div", { class: "detail" },
      setThumbnail(list[at], chosen.item.set.names[list[at]]),
      el("div", {}, head, el("p", { class: "file", text: chosen.item.set.names[list[at]] }), bars(list[at]),
        el("nav", { "aria-label": "Pictures" },
          button("←", "Previous picture", () => show(at - 1)), button("→", "Next picture", () => show(at + 1)),
          el("button", { class: "button", type: "button", text: "Close", onclick: () => detail.close() })))));
  };
  const button = (text, label, act) => el("button", {
    class: "button icon", type: "button", text, "aria-label": label, disabled: list.length < 2,
    onclick: () => { act(); detail.querySelector(`[aria-label="${label}"]`).focus(); },
  });
  detail.onkeydown = event => {
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") { event.preventDefault(); show(at + (event.key === "ArrowRight" ? 1 : -1)); }
  };
  detail.onclick = event => { if (event.target === detail) detail.close(); };
  detail.onclose = () => closed?.(list[at]);
  show(at);
  if (!detail.open) detail.showModal();
}

/** Small pictures that open large. */
const strip = (pictures, list) => el("div", { class: "strip" }, ...pictures.map(index => el("button", {
  type: "button", "aria-label": `Open ${chosen.item.set.names[index]}`, onclick: () => open(index, list ?? pictures),
}, setThumbnail(index))));
