// The article's figure, for every picture.
const onPaper = 60;

section("pictures", () => chosen.item?.kind === "set", panel => {
  const found = el("p", { class: "found", role: "status" });
  const none = el("p", { class: "empty", text: "No picture is like that; widen the filter." });
  let list = [];
  const grid = new Grid("Pictures", index => el("button", {
    class: "card", type: "button", onclick: () => open(index, list, last => grid.focus(last)),
  }, setThumbnail(index), el("span", { class: "body" }, heading(index, "b"), bars(index))));
  const show = () => {
    list = filtered();
    found.textContent = list.length === chosen.item.set.names.length
      ? count(list.length, "picture") : `${list.length.toLocaleString("en")} of ${count(chosen.item.set.names.length, "picture")}`;
    none.hidden = list.length > 0;
    grid.show(list);
  };
  panel.append(filterControls(show), found, none, grid.host);
  show();
  onbeforeprint = () => { for (const id of sections.keys()) if (sections.get(id).isThere()) fill(id); grid.showAll(onPaper); };
  onafterprint = () => grid.showAgain();
});

/** The pictures of a class. */
function openClass(label, only) {
  filter = { ...fresh(), label, only };
  sections.get("pictures").shown = null;
  openTab("pictures", true);
  scrollTo(0, 0);
}
