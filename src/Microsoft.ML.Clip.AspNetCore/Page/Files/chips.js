// A list of words that is edited in place: Enter or a comma keeps what is typed, Backspace takes the last one away.

export class Chips {
  /** @param host The element to fill. @param id The input's id, that its label names. @param change Called with every change. */
  constructor(host, id, change) {
    this.words = [];
    this.change = change;
    this.list = document.createElement("ul");
    this.input = Object.assign(document.createElement("input"), { id, autocomplete: "off", spellcheck: false });
    const hint = document.getElementById(`${id}-hint`);
    if (hint) this.input.setAttribute("aria-describedby", hint.id);
    host.append(this.list, this.input);
    host.addEventListener("click", event => { if (event.target === host) this.input.focus(); });
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("keydown", event => this.key(event));
    this.input.addEventListener("blur", () => this.keep());
  }

  /** The words, with the one that is being typed. */
  get all() {
    const draft = this.input.value.trim();
    return draft && !this.words.includes(draft) ? [...this.words, draft] : [...this.words];
  }

  set(words) {
    this.words = [...new Set(words.map(word => word.trim()).filter(word => word))];
    this.draw();
  }

  typed() {
    if (this.input.value.includes(",")) {
      const parts = this.input.value.split(",");
      this.input.value = parts.pop().trimStart();
      this.set([...this.words, ...parts]);
    }
    this.change();
  }

  key(event) {
    if (event.key === "Enter") {
      event.preventDefault();
      this.keep();
    } else if (event.key === "Backspace" && this.input.value === "" && this.words.length > 0) {
      this.set(this.words.slice(0, -1));
      this.change();
    }
  }

  keep() {
    if (!this.input.value.trim()) return;
    this.set(this.all);
    this.input.value = "";
    this.change();
  }

  draw() {
    this.list.replaceChildren(...this.words.map(word => {
      const item = Object.assign(document.createElement("li"), { className: "chip" });
      const name = Object.assign(document.createElement("span"), { textContent: word });
      const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
      remove.setAttribute("aria-label", `Remove ${word}`);
      remove.addEventListener("click", () => {
        this.set(this.words.filter(other => other !== word));
        this.input.focus();
        this.change();
      });
      item.append(name, remove);
      return item;
    }));
  }
}
