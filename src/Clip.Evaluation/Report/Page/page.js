"use strict";
// What every part of the page has in common: the data, what is chosen, elements, and tabs.
const json = id => JSON.parse(document.getElementById(id)?.textContent ?? "null");
const data = json("results-json") ?? { models: [], sets: [], retrievals: [], placed: { album: 0, pictures: 0 } };
document.documentElement.classList.add("scripted");

/** An element. Properties beginning with "on" are listeners; "text" is its text; others are attributes; null leaves one out. */
function el(tag, properties, ...children) {
  const svg = ["svg", "path", "rect", "line", "circle", "polyline", "text", "title", "g"].includes(tag) && properties?.svg !== false;
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false || name === "svg") continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "text") node.textContent = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter(child => child !== null && child !== undefined));
  return node;
}

/** A share of 10,000 as a percentage. */
const percent = whole => whole < 5 && whole > 0 ? "<0.1\u00a0%" : `${(whole / 100).toFixed(1)}\u00a0%`;
const share = value => `${(100 * value).toFixed(1)}\u00a0%`;
const count = (number, one, many) => `${number.toLocaleString("en")} ${number === 1 ? one : many ?? one + "s"}`;
const say = text => { document.getElementById("said").textContent = text; };
const width = (node, percentage) => { node.style.width = `${percentage}%`; return node; };

/** Data sets: all results on one, of however many models. */
const items = [
  ...data.sets.map(set => ({ kind: "set", name: set.name, set, models: set.runs.map(run => run.model) })),
  ...[...new Set(data.retrievals.map(r => r.name))].map(name => {
    const all = data.retrievals.filter(r => r.name === name);
    return { kind: "retrieval", name, all, models: all.map(r => r.model) };
  }),
];

const chosen = { item: items[0] ?? null, model: items[0]?.models[0] ?? 0 };
const run = () => chosen.item?.set?.runs.find(r => r.model === chosen.model);
const retrieval = () => chosen.item?.all?.find(r => r.model === chosen.model);

/** Sections: each says whether it has something to show of what is chosen, and shows it when its tab is opened. */
const sections = new Map();
const section = (id, isThere, show) => sections.set(id, { isThere, show, shown: null });

function choose(item, model) {
  chosen.item = item;
  chosen.model = item.models.includes(model) ? model : item.models[0];
  for (const each of sections.values()) each.shown = null;
  showResults();
  showTabs();
}

function showResults() {
  const host = document.getElementById("results");
  const several = items.length > 1;
  host.replaceChildren(el("div", { class: several ? "results" : "results alone", role: "group", "aria-label": "Data sets" }, ...items.map(item => {
    const model = item.models.includes(chosen.model) ? chosen.model : item.models[0];
    return resultCard(item, model, several);
  })));
}

function resultCard(item, model, isButton) {
  const own = item.kind === "set" ? item.set.runs.find(r => r.model === model) : item.all.find(r => r.model === model);
  const [first, ...others] = own.metrics;
  const shown = item.kind === "set" ? item.set.names.length : own.pictures;
  const all = item.kind === "set" ? item.set.all : own.pictures;
  const parts = [el("span", { class: "name", text: item.name })];
  if (first) {
    const gauge = el("span", { class: "gauge" }, width(el("i"), 100 * first.value));
    const chance = item.kind === "set" ? 1 / item.set.labels.length : null;
    if (chance !== null && first.id === "acc1") {
      const tick = el("u", { title: "chance" });
      tick.style.left = `${100 * chance}%`;
      gauge.append(tick);
    }
    const range = first.low === undefined ? "" : `, ${(100 * first.low).toFixed(1)} to ${(100 * first.high).toFixed(1)}`;
    parts.push(el("span", { class: "big" }, el("b", { text: share(first.value) }), el("span", { text: first.name + range })), gauge);
  }
  const more = el("span", { class: "more" });
  for (const metric of others.slice(0, 3)) more.append(el("span", { text: metric.name + " " }, el("b", { text: share(metric.value) })));
  if (item.kind === "set" && item.set.right) more.append(el("span", { text: "chance " + share(1 / item.set.labels.length) }));
  more.append(el("span", { text: count(all, "picture") + (shown < all ? `, ${shown.toLocaleString("en")} of them shown` : "") }));
  parts.push(more);
  return isButton
    ? el("button", { class: "result", type: "button", "aria-pressed": String(item === chosen.item), onclick: () => choose(item, chosen.model) }, ...parts)
    : el("div", { class: "result" }, ...parts);
}

function openTab(id, focus) {
  for (const panel of document.querySelectorAll(".panel")) {
    panel.hidden = panel.id !== id;
    const tab = document.getElementById("tab-" + panel.id);
    tab?.setAttribute("aria-selected", String(panel.id === id));
    if (tab) tab.tabIndex = panel.id === id ? 0 : -1;
    if (panel.id === id && focus) tab?.focus();
  }
  fill(id);
  history.replaceState(null, "", "#" + id);
}

function fill(id) {
  const own = sections.get(id);
  if (!own || own.shown) return;
  own.shown = true;
  const panel = document.getElementById(id);
  panel.replaceChildren(panel.firstElementChild);
  own.show(panel);
}

function showTabs() {
  const panels = [...document.querySelectorAll(".panel")];
  const there = panels.filter(panel => sections.get(panel.id)?.isThere() ?? true);
  for (const panel of panels) panel.toggleAttribute("data-unavailable", !there.includes(panel));
  const current = document.querySelector("[role=tab][aria-selected=true]")?.id.slice(4) ?? location.hash.slice(1);
  const list = el("div", { class: "tabs", role: "tablist", "aria-label": "Parts of the report", onkeydown: turn });
  for (const panel of there) {
    list.append(el("button", {
      role: "tab", id: "tab-" + panel.id, "aria-controls": panel.id, text: panel.firstElementChild.textContent, type: "button",
      onclick: () => openTab(panel.id, false),
    }));
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", "tab-" + panel.id);
  }
  document.getElementById("tabs").replaceChildren(list);
  openTab((there.find(panel => panel.id === current) ?? there[0]).id, false);

  function turn(event) {
    const at = there.findIndex(panel => "tab-" + panel.id === document.activeElement.id);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: there.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    openTab(there[(to + there.length) % there.length].id, true);
  }
}
