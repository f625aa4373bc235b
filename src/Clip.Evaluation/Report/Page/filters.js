// Which pictures are shown, and in what order.
const orders = {
  mixed: ["as drawn", null],
  sure: ["surest first", (a, b) => confidence(b) - confidence(a)],
  unsure: ["least sure first", (a, b) => confidence(a) - confidence(b)],
  worst: ["worst mistakes first", (a, b) => run().ranks[b] - run().ranks[a] || run().rightScores[a] - run().rightScores[b]],
};
const fresh = () => ({ only: "all", label: -1, from: 0, to: 100, order: "mixed" });
let filter = fresh();

function matches(index) {
  const sure = confidence(index) / 100;
  return (filter.only === "all" || (filter.only === "right" ? isRight(index) : run().ranks[index] > 1))
    && (filter.label < 0 || (chosen.item.set.right ? rightOf(index).includes(filter.label) : best(index)[0].label === filter.label))
    // The last percent belongs to both ends.
    && sure >= filter.from && (sure <= filter.to || filter.to === 100);
}

function filtered() {
  const list = chosen.item.set.names.map((_, index) => index).filter(matches);
  const compare = orders[filter.order][1];
  return compare ? list.sort(compare) : list;
}

/** The controls; each change is told. */
function filterControls(changed) {
  const known = chosen.item.set.right !== undefined;
  return el("form", { class: "filters", "aria-label": "Filter", onsubmit: event => event.preventDefault() },
    known ? onlyChoice(changed) : null, labelChoice(changed), confidenceChoice(changed),
    choice("Order", Object.entries(orders).filter(([id]) => known || id !== "worst").map(([id, [text]]) => [id, text]), filter.order,
      value => { filter.order = value; changed(); }));
}

const choice = (title, options, value, act) => el("label", { class: "field" }, title,
  el("select", { "aria-label": title, onchange: event => act(event.target.value) },
    ...options.map(([id, text]) => el("option", { value: id, text, selected: String(id) === String(value) }))));

function onlyChoice(changed) {
  const all = chosen.item.set.names.length;
  const right = run().ranks.filter(rank => rank === 1).length;
  const counts = { all, right, wrong: run().ranks.filter(rank => rank > 1).length };
  return el("fieldset", { class: "choice" }, el("legend", { class: "unseen", text: "Right or wrong" }), ...["all", "right", "wrong"].map(value =>
    el("label", {}, el("input", {
      type: "radio", name: "only", value, checked: filter.only === value, onchange: () => { filter.only = value; changed(); },
    }), `${value[0].toUpperCase()}${value.slice(1)} ${counts[value].toLocaleString("en")}`)));
}

function labelChoice(changed) {
  const { set } = chosen.item;
  const found = new Map();
  set.names.forEach((_, index) => {
    for (const label of set.right ? rightOf(index) : [best(index)[0].label]) found.set(label, (found.get(label) ?? 0) + 1);
  });
  const own = [...found].map(([label, n]) => [label, `${labelName(label)} (${n.toLocaleString("en")})`])
    .sort((a, b) => a[1].localeCompare(b[1], "en"));
  return choice(set.right ? "Class" : "Best label", [[-1, `all ${own.length.toLocaleString("en")}`], ...own], filter.label,
    value => { filter.label = Number(value); changed(); });
}

/** How sure the model is of its best label: how many pictures are, and from where to where they are shown. */
function confidenceChoice(changed) {
  const legend = el("span");
  const tell = () => { legend.textContent = `${filter.from} to ${filter.to}\u00a0%`; };
  const slider = (name, key) => el("input", {
    type: "range", min: 0, max: 100, value: filter[key], "aria-label": name,
    oninput: event => {
      const value = Number(event.target.value);
      filter[key] = key === "from" ? Math.min(value, filter.to) : Math.max(value, filter.from);
      event.target.value = filter[key];
      tell();
      changed();
    },
  });
  tell();
  return el("fieldset", { class: "confidence" }, el("legend", {}, "Confidence ", legend), histogram(),
    el("div", { class: "between" }, slider("Least confidence, in percent", "from"), slider("Most confidence, in percent", "to")));
}

function histogram() {
  const [bins, known] = [40, chosen.item.set.right !== undefined];
  const counts = Array.from({ length: bins }, () => [0, 0]);
  chosen.item.set.names.forEach((_, index) => {
    counts[Math.min(bins - 1, Math.floor(confidence(index) / 10000 * bins))][known && run().ranks[index] > 1 ? 1 : 0]++;
  });
  const most = Math.max(...counts.map(([a, b]) => a + b));
  const svg = el("svg", { viewBox: "0 0 160 24", preserveAspectRatio: "none", "aria-hidden": "true" });
  // Roots, so that few can be seen beside many.
  const tall = n => 23 * Math.sqrt(n / most);
  counts.forEach(([right, wrong], i) => {
    const all = tall(right + wrong);
    const lower = right + wrong > 0 ? all * wrong / (right + wrong) : 0;
    svg.append(
      el("rect", { x: 4 * i, y: 24 - all, width: 3, height: all - lower, class: known ? "bar-right" : "bar-plain" }),
      el("rect", { x: 4 * i, y: 24 - lower, width: 3, height: lower, class: "bar-wrong" }));
  });
  return svg;
}
