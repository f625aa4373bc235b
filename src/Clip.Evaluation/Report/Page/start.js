// The header's controls, and the first tab.
const sun = "M12 4V2m0 20v-2m8-8h2M2 12h2m13.7-5.7 1.4-1.4M4.9 19.1l1.4-1.4m0-11.4L4.9 4.9m14.2 14.2-1.4-1.4M12 7.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9Z";
const moon = "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z";
const both = "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Zm0 0v18m2-17.5v17m2.5-15v13m2.5-10.5v8";
const themes = [["", "as the system", both], ["light", "light", sun], ["dark", "dark", moon]];

function themeButton() {
  let at = 0;
  const node = el("button", { class: "button icon", type: "button", onclick: () => { at = (at + 1) % 3; show(); } });
  const show = () => {
    const [theme, words, path] = themes[at];
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    node.setAttribute("aria-label", `Colors: ${words}`);
    node.title = `Colors: ${words}`;
    node.replaceChildren(el("svg", { viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": 1.8, "stroke-linecap": "round", "aria-hidden": "true" }, el("path", { d: path })));
    dispatchEvent(new Event("themechange"));
  };
  show();
  return node;
}

const controls = document.getElementById("controls");
if (data.models.length > 1) {
  controls.append(choice("Model", data.models.map((name, i) => [i, name]), chosen.model, value => choose(chosen.item, Number(value))));
}
controls.append(themeButton());
if (items.length > 0) showResults();
showTabs();
