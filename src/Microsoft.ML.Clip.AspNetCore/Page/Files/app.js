// Asks the server what it has, and shows the view that the address names.
import { info, signIn } from "./api.js";
import * as address from "./address.js";
import { limit, onPictures } from "./pictures.js";
import { Classify } from "./classify.js";
import { Search } from "./search.js";
import { Compare } from "./compare.js";

const byId = id => document.getElementById(id);
const titles = { classify: "Classify", search: "Search", compare: "Compare" };
let views;
let current;

function show() {
  const wanted = address.read().get("view");
  current = Object.hasOwn(views, wanted ?? "") ? wanted : Object.keys(views)[0];
  for (const name of Object.keys(titles)) byId(name).hidden = name !== current;
  for (const link of document.querySelectorAll("[data-view]")) {
    if (link.dataset.view === current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${titles[current]} · CLIP`;
  views[current].load();
}

function start(server) {
  limit(server.max_body_bytes);
  byId("model").textContent = `${server.model}, ${server.dimension} dimensions`;
  views = { classify: new Classify(server), compare: new Compare(server) };
  if (server.pictures !== undefined) {
    views = { search: new Search(server), ...views };
    document.querySelector("[data-view=search]").hidden = false;
  }
  for (const link of document.querySelectorAll("[data-view]")) {
    link.addEventListener("click", event => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      history.pushState(null, "", link.href);
      show();
    });
  }
  addEventListener("popstate", show);
  onPictures(files => views[current].take(files));
  show();
}

async function open() {
  try {
    start(await info());
  } catch (error) {
    if (error.status === 401) return ask();
    byId("problem").textContent = error.message;
    byId("problem").hidden = false;
  }
}

function ask() {
  const dialog = byId("sign-in");
  byId("sign-in-form").onsubmit = async event => {
    event.preventDefault();
    try {
      await signIn(byId("key").value);
      dialog.close();
      open();
    } catch (error) {
      byId("sign-in-problem").textContent = error.message;
      byId("sign-in-problem").hidden = false;
    }
  };
  dialog.addEventListener("cancel", event => event.preventDefault());
  dialog.showModal();
}

open();
