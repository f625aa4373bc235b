// Words, a picture or one of the index's own, and what is closest to them.
import { search, pictureAddress } from "./api.js";
import { onChoose, read as readPicture } from "./pictures.js";
import * as address from "./address.js";

const byId = id => document.getElementById(id);

export class Search {
  constructor(info) {
    this.info = info;
    this.image = null;
    this.like = null;
    this.words = byId("words");
    this.without = byId("without");
    const typed = address.settled(() => this.start(), 250);
    this.words.addEventListener("input", typed);
    this.without.addEventListener("input", typed);
    byId("query").addEventListener("submit", event => {
      event.preventDefault();
      this.start();
    });
    byId("more").addEventListener("click", () => this.more());
    onChoose(byId("choose"), byId("query-file"), files => this.take(files));
  }

  load() {
    const given = address.read();
    this.words.value = given.get("q") ?? "";
    this.without.value = given.get("without") ?? "";
    const like = given.get("like");
    this.like = like && this.like?.id === like ? this.like : like ? { id: like, name: "a picture of the index" } : null;
    this.image = null;
    this.start();
  }

  async take([file]) {
    try {
      [this.image, this.like] = [await readPicture(file), null];
      await this.start();
    } catch (error) {
      this.say(error.message);
    }
  }

  /** The query, as it stands. */
  get query() {
    return { words: this.words.value.trim(), without: this.without.value.trim(), like: this.like?.id, image: this.image?.url };
  }

  async start(isStep = false) {
    const { words, without, like, image } = this.query;
    address.write({ q: words, without, like }, isStep);
    this.by();
    this.asked?.abort();
    if (!words && !like && !image) {
      byId("grid").replaceChildren();
      byId("more").hidden = true;
      return this.say(`${this.info.pictures.toLocaleString("en")} pictures in the index.`);
    }
    await this.fetch(0);
  }

  async more() {
    const before = byId("grid").children.length;
    await this.fetch(before);
    byId("grid").children[before]?.querySelector("button").focus();
  }

  async fetch(skip) {
    this.asked = new AbortController();
    try {
      const answer = await search({ ...this.query, skip: skip || undefined }, this.asked.signal);
      const items = answer.results.map(found => this.item(found));
      if (skip) byId("grid").append(...items);
      else byId("grid").replaceChildren(...items);
      const shown = byId("grid").children.length;
      byId("more").hidden = items.length === 0 || shown >= answer.count;
      this.say(`The closest ${shown.toLocaleString("en")} of ${answer.count.toLocaleString("en")} pictures. Choose one for more like it.`);
    } catch (error) {
      if (error.name === "AbortError") return;
      byId("more").hidden = true;
      byId("grid").replaceChildren();
      this.say(error.message);
    }
  }

  item(found) {
    const name = found.caption || found.name;
    const button = Object.assign(document.createElement("button"), { type: "button", title: found.name });
    const image = Object.assign(new Image(), { loading: "lazy", alt: "", src: pictureAddress(found.id, 320) });
    const about = Object.assign(document.createElement("span"), { className: "about" });
    about.append(
      Object.assign(document.createElement("span"), { className: "name", textContent: name }),
      Object.assign(document.createElement("span"), { className: "score", textContent: found.score.toFixed(2) }));
    button.append(image, about);
    button.addEventListener("click", () => {
      this.like = { id: found.id, name };
      this.image = null;
      this.words.value = "";
      scrollTo({ top: 0 });
      this.start(true);
      byId("by").querySelector("button")?.focus();
    });
    const item = document.createElement("li");
    item.append(button);
    return item;
  }

  /** The picture that is searched by, with a way to let go of it. */
  by() {
    const by = byId("by");
    const picture = this.like ?? this.image;
    by.hidden = !picture;
    if (!picture) return by.replaceChildren();
    const remove = Object.assign(document.createElement("button"), { type: "button", className: "plain", textContent: "Clear picture" });
    remove.addEventListener("click", () => {
      [this.like, this.image] = [null, null];
      this.words.focus();
      this.start(true);
    });
    const source = this.like ? pictureAddress(this.like.id, 112) : this.image.shown;
    by.replaceChildren(
      Object.assign(new Image(), { src: source, alt: "" }),
      Object.assign(document.createElement("span"), { textContent: `Like ${picture.name}` }), remove);
  }

  say(text) {
    byId("search-status").textContent = text;
  }
}
