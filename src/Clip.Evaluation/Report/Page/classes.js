// How each class fares.
section("classes", () => chosen.item?.set?.right !== undefined, panel => {
  const { classes, probe } = run();
  const rows = classes.map(([pictures, recalled, times, mistaken], label) => ({
    label, name: labelName(label), pictures, recall: pictures ? recalled / pictures : -1, times, mistaken,
    precision: times ? recalled / times : -1, probe: probe ? probe[label] / 10000 : -1,
  }));
  const columns = [["name", "Class"], ["recall", "Recognized"], ["pictures", "Pictures"], ["mistaken", "Most often taken for"], ["precision", "Right when chosen"]];
  let [by, falling] = ["recall", false];
  const body = el("tbody");
  const head = el("tr", {}, ...columns.map(([id, text]) => el("th", { scope: "col", "data-by": id },
    id === "mistaken" ? text : el("button", {
      type: "button", text, onclick: () => { falling = by === id ? !falling : id === "pictures"; by = id; fillRows(); },
    }))));
  const measured = rows.filter(row => row.pictures > 0);
  panel.append(
    el("p", { class: "note", text: `Of ${count(measured.length, "class", "classes")} with pictures, ${measured.filter(r => r.recall === 1).length} are recognized in every one`
      + ` and ${measured.filter(r => r.recall === 0).length} in none.${probe ? " The tick in a bar is where a linear probe on the same features comes." : ""}` }),
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Classes" }, el("table", { class: "classes" }, el("thead", {}, head), body)));
  fillRows();

  function fillRows() {
    for (const th of head.children) {
      if (th.dataset.by === by) th.setAttribute("aria-sort", falling ? "descending" : "ascending");
      else th.removeAttribute("aria-sort");
    }
    const compare = by === "name" ? (a, b) => a.name.localeCompare(b.name, "en") : (a, b) => a[by] - b[by];
    measured.sort((a, b) => (falling ? -1 : 1) * compare(a, b) || a.name.localeCompare(b.name, "en"));
    body.replaceChildren(...measured.map(row));
  }

  function row(own) {
    const level = el("span", { class: "level" }, width(el("i"), 100 * own.recall));
    if (own.probe >= 0) {
      const tick = el("u");
      tick.style.left = `${100 * own.probe}%`;
      level.append(tick);
    }
    const probed = own.probe >= 0 ? ` (probe ${share(own.probe)})` : "";
    return el("tr", {},
      el("th", { scope: "row" }, el("button", { class: "link", type: "button", text: own.name, onclick: () => openClass(own.label, "all") })),
      el("td", {}, level, share(own.recall), el("small", { text: probed })), el("td", { text: own.pictures.toLocaleString("en") }),
      el("td", { text: own.mistaken < 0 ? "–" : labelName(own.mistaken) }), el("td", { text: own.times ? share(own.precision) : "–" }));
  }
});
