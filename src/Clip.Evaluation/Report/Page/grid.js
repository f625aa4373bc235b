// A list of any length in the window's own scrolling: only what is in sight, and a little more, is there.
class Grid {
  #shown = new Map();
  #list = [];
  #active = 0;
  #isPaper = false;

  /** @param render Makes the content, one element that can be focused, of an entry of the list. */
  constructor(label, render) {
    this.host = el("ul", { class: "grid", "aria-label": label, onkeydown: event => this.#key(event) });
    this.render = render;
    const update = () => requestAnimationFrame(() => this.#update());
    addEventListener("scroll", update, { passive: true });
    new ResizeObserver(() => this.#layout()).observe(this.host);
  }

  show(list) {
    this.#list = list;
    this.#active = 0;
    this.#clear();
    this.#layout();
  }

  /** Everything up to a number of entries, for paper. */
  showAll(most) {
    this.#isPaper = true;
    this.#clear();
    for (let i = 0; i < Math.min(most, this.#list.length); i++) this.#add(i);
  }

  showAgain() {
    this.#isPaper = false;
    this.#clear();
    this.#layout();
  }

  focus(entry) {
    const at = this.#list.indexOf(entry);
    if (at >= 0) this.#go(at);
  }

  #clear() {
    for (const node of this.#shown.values()) node.remove();
    this.#shown.clear();
  }

  #layout() {
    const style = getComputedStyle(this.host);
    const size = name => parseFloat(style.getPropertyValue(name));
    const wide = this.host.clientWidth;
    if (wide === 0) return;
    const [gap, least, tall] = [size("--gap"), size("--least"), size("--tall")];
    const columns = Math.max(1, Math.floor((wide + gap) / (least + gap)));
    Object.assign(this, { columns, step: tall + gap, tall, each: (wide - gap * (columns - 1)) / columns, gap });
    const rows = Math.ceil(this.#list.length / columns);
    this.host.style.height = `${Math.max(0, rows * this.step - gap)}px`;
    for (const [index, node] of this.#shown) this.#place(index, node);
    this.#update();
  }

  #update() {
    if (!this.columns || this.host.clientWidth === 0 || this.#isPaper) return;
    const top = -this.host.getBoundingClientRect().top;
    const first = Math.max(0, (Math.floor(top / this.step) - 3) * this.columns);
    const last = Math.min(this.#list.length, (Math.ceil((top + innerHeight) / this.step) + 3) * this.columns);
    for (const [index, node] of this.#shown) {
      if ((index < first || index >= last) && !node.contains(document.activeElement)) {
        node.remove();
        this.#shown.delete(index);
      }
    }
    for (let index = first; index < last; index++) this.#add(index);
  }

  #add(index) {
    if (this.#shown.has(index)) return;
    const inner = this.render(this.#list[index]);
    inner.tabIndex = index === this.#active ? 0 : -1;
    inner.addEventListener("focus", () => this.#activate(index));
    const node = el("li", { "aria-posinset": index + 1, "aria-setsize": this.#list.length, "data-index": index }, inner);
    this.#place(index, node);
    // In order, so that screen readers meet them so.
    const next = [...this.host.children].find(other => Number(other.dataset.index) > index);
    this.host.insertBefore(node, next ?? null);
    this.#shown.set(index, node);
  }

  #place(index, node) {
    const [row, column] = [Math.floor(index / this.columns), index % this.columns];
    node.style.transform = `translate(${column * (this.each + this.gap)}px, ${row * this.step}px)`;
    node.style.width = `${this.each}px`;
    node.style.height = `${this.tall}px`;
  }

  #activate(index) {
    const before = this.#shown.get(this.#active)?.firstElementChild;
    if (before) before.tabIndex = -1;
    this.#active = index;
    const now = this.#shown.get(index)?.firstElementChild;
    if (now) now.tabIndex = 0;
  }

  #go(index) {
    this.#add(index);
    this.#activate(index);
    const node = this.#shown.get(index);
    node.firstElementChild.focus({ preventScroll: true });
    node.scrollIntoView({ block: "nearest" });
    this.#update();
  }

  #key(event) {
    const page = Math.max(1, Math.floor(innerHeight / this.step) - 1) * this.columns;
    const by = {
      ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.columns, ArrowUp: -this.columns, PageDown: page, PageUp: -page,
      Home: -this.#list.length, End: this.#list.length,
    }[event.key];
    if (by === undefined || this.#list.length === 0) return;
    event.preventDefault();
    this.#go(Math.max(0, Math.min(this.#list.length - 1, this.#active + by)));
  }
}
