// One picture, some labels, and how they share it.
import { embed } from "./api.js";
import { dot, scores, percent } from "./math.js";
import { Chips } from "./chips.js";
import { onChoose, read as readPicture } from "./pictures.js";
import * as address from "./address.js";

const byId = id => document.getElementById(id);

export class Classify {
  constructor(info) {
    this.info = info;
    this.picture = null;
    this.asked = null;
    this.update = address.settled(() => this.show(), 120);
    this.template = byId("template");
    this.chips = new Chips(byId("classify-chips"), "classify-labels", () => this.update());
    this.template.addEventListener("input", () => this.update());
    this.intake();
  }

  /** From the address, or as the server was started. */
  load() {
    const given = address.read();
    this.chips.set(given.has("label") ? given.getAll("label")
      : this.info.labels.length > 0 ? this.info.labels.slice(0, 30) : ["a cat", "a dog", "a car", "a flower"]);
    this.template.value = given.get("template") ?? this.info.templates[0];
    this.update();
  }

  async take([file]) {
    try {
      const picture = await readPicture(file);
      this.picture = picture;
      const image = Object.assign(new Image(), { src: picture.shown, alt: `The picture: ${picture.name}` });
      this.host.querySelector("img")?.remove();
      this.host.prepend(image);
      this.host.classList.add("full");
      this.choose.textContent = "Another picture…";
      await this.show();
    } catch (error) {
      this.say(error.message);
    }
  }

  intake() {
    this.host = byId("classify-picture");
    const ask = Object.assign(document.createElement("div"), { className: "ask" });
    this.choose = Object.assign(document.createElement("button"), { type: "button", className: "plain", textContent: "Choose a picture…" });
    const input = Object.assign(document.createElement("input"), { type: "file", accept: "image/*", hidden: true, id: "classify-file" });
    ask.append(Object.assign(document.createElement("p"), { textContent: "Drop a picture here, or paste one." }), this.choose, input);
    this.host.append(ask);
    onChoose(this.choose, input, files => this.take(files));
  }

  async show() {
    const labels = this.chips.all;
    const template = this.template.value;
    address.write({ label: labels, template: template === this.info.templates[0] ? "" : template });
    this.asked?.abort();
    if (!this.picture) return this.say("");
    if (labels.length === 0) return this.draw([], "Type a label.");
    if (!/\{(c|object|label)?\}/.test(template)) return this.say("The prompt needs {} where the label goes.");
    this.asked = new AbortController();
    try {
      const prompts = labels.map(label => template.replace(/\{(c|object|label)?\}/g, () => label));
      const [picture, ...texts] = await embed([this.picture.url, ...prompts], this.asked.signal);
      const shares = scores(texts.map(text => dot(picture, text)), this.info.logit_scale, this.info.logit_bias);
      const ranked = labels.map((label, i) => ({ label, share: shares[i] })).sort((a, b) => b.share - a.share);
      this.draw(ranked, `Best: ${ranked[0].label}, ${percent(ranked[0].share)}`);
    } catch (error) {
      if (error.name !== "AbortError") this.say(error.message);
    }
  }

  draw(ranked, status) {
    byId("bars").replaceChildren(...ranked.map(({ label, share }) => {
      const item = document.createElement("li");
      const fill = Object.assign(document.createElement("span"), { className: "fill" });
      fill.style.setProperty("--share", share);
      item.append(
        fill,
        Object.assign(document.createElement("span"), { className: "name", textContent: label }),
        Object.assign(document.createElement("span"), { className: "share", textContent: percent(share) }));
      return item;
    }));
    this.say(status);
  }

  say(text) {
    byId("classify-status").textContent = text;
  }
}
