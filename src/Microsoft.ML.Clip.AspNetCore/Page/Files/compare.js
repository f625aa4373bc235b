// Pictures by texts: the article's figure, with whatever one brings.
import { embed } from "./api.js";
import { dot, scores, percent } from "./math.js";
import { Chips } from "./chips.js";
import { onChoose, read as readPicture } from "./pictures.js";
import * as address from "./address.js";

const byId = id => document.getElementById(id);
const element = (name, values = {}) => Object.assign(document.createElement(name), values);

export class Compare {
  constructor(info) {
    this.info = info;
    this.pictures = [];
    this.update = address.settled(() => this.show(), 150);
    this.chips = new Chips(byId("compare-chips"), "compare-texts", () => this.update());
    onChoose(byId("add-pictures"), byId("compare-file"), files => this.take(files));
    for (const radio of document.getElementsByName("scores")) radio.addEventListener("change", () => this.show());
  }

  load() {
    const given = address.read().getAll("text");
    if (given.length > 0) this.chips.set(given);
    this.update();
  }

  async take(files) {
    try {
      this.pictures.push(...await Promise.all(files.map(readPicture)));
    } catch (error) {
      return this.say(error.message);
    }
    await this.show();
  }

  async show() {
    const texts = this.chips.all;
    address.write({ text: texts });
    this.asked?.abort();
    if (this.pictures.length === 0 || texts.length === 0) {
      byId("matrix").replaceChildren();
      return this.say(this.pictures.length === 0
        ? "Drop, paste or add pictures, and type texts: the table shows how well each fits each." : "Type a text, and Enter.");
    }
    this.asked = new AbortController();
    try {
      const images = await this.embedPictures(this.asked.signal);
      const rows = await embed(texts, this.asked.signal);
      this.draw(texts, rows.map(text => images.map(image => dot(image, text))));
    } catch (error) {
      if (error.name !== "AbortError") this.say(error.message);
    }
  }

  /** One by one, for together they may be more than the server takes. */
  async embedPictures(signal) {
    const images = [];
    for (const picture of this.pictures) images.push((await embed([picture.url], signal))[0]);
    return images;
  }

  draw(texts, cosines) {
    const isShare = document.querySelector("[name=scores]:checked").value === "score";
    const columns = this.pictures.map((_, c) => cosines.map(row => row[c]));
    const shares = columns.map(column => scores(column, this.info.logit_scale, this.info.logit_bias));
    const all = cosines.flat();
    const [least, most] = [Math.min(...all), Math.max(...all)];
    const table = element("table", { className: "matrix" });
    const head = table.createTHead().insertRow();
    head.append(element("td", { className: "corner" }), ...this.pictures.map((picture, c) => this.header(picture, c)));
    const body = table.createTBody();
    texts.forEach((text, r) => {
      const row = body.insertRow();
      row.append(element("th", { scope: "row", textContent: text }));
      this.pictures.forEach((_, c) => {
        const cell = row.insertCell();
        const value = isShare ? shares[c][r] : cosines[r][c];
        cell.textContent = isShare ? percent(value) : value.toFixed(2);
        cell.style.setProperty("--heat", isShare ? value : most > least ? (value - least) / (most - least) : 1);
        if (columns[c].every(other => other <= cosines[r][c])) cell.className = "best";
      });
    });
    byId("matrix").replaceChildren(table);
    this.say(`${texts.length} × ${this.pictures.length}; framed is each picture's best text.`);
  }

  header(picture, column) {
    const head = element("th", { scope: "col" });
    const remove = element("button", { type: "button", textContent: "×" });
    remove.setAttribute("aria-label", `Remove ${picture.name}`);
    remove.addEventListener("click", () => {
      this.pictures.splice(column, 1);
      byId("add-pictures").focus();
      this.show();
    });
    head.append(Object.assign(new Image(), { src: picture.shown, alt: picture.name }), remove);
    return head;
  }

  say(text) {
    byId("compare-status").textContent = text;
  }
}
