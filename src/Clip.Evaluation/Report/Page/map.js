// The embeddings in a plane: what lies together looks alike to the model.
const hues = ["#4269d0", "#d97706", "#c0392b", "#1c9a8f", "#3f9b4f", "#b08d00", "#8e5bc4", "#d6558f", "#8a6246", "#5f7d95", "#00829b", "#a03d8f"];

section("map", () => run()?.map !== undefined, panel => {
  const { map, variance } = run();
  const total = map.length / 2;
  const known = chosen.item.set.right !== undefined;
  const labelOf = index => (known ? rightOf(index)[0] : null) ?? best(index)[0].label;
  const byLabel = new Map();
  for (let i = 0; i < total; i++) byLabel.set(labelOf(i), (byLabel.get(labelOf(i)) ?? 0) + 1);
  const largest = [...byLabel].sort((a, b) => b[1] - a[1]).slice(0, hues.length).map(([label]) => label);
  let [colors, active, zoom, offset] = [known && byLabel.size > hues.length ? "right" : "label", -1, 1, [0, 0]];

  const canvas = el("canvas", {
    tabindex: 0, role: "application", "aria-roledescription": "map",
    "aria-label": "Map of the pictures. Arrow keys go to the next picture that way, Enter opens it, plus and minus zoom.",
  });
  const tip = el("div", { class: "tip", hidden: true });
  const host = el("div", { class: "map" }, canvas, tip);
  const legend = el("ul", { class: "legend" });
  const zoomBy = (text, label, factor) => el("button", { class: "button icon", type: "button", text, "aria-label": label, onclick: () => setZoom(factor ? zoom * factor : 1) });
  panel.append(
    el("p", { class: "note", text: `Each point is a picture, placed by the two directions in which the model's embeddings differ most; they hold ${share(variance)} of all their variance, so far apart is really apart, but near may be near only here.` }),
    el("div", { class: "filters" },
      known ? choice("Colors", [["label", "class"], ["right", "right or wrong"]], colors, value => { colors = value; draw(); }) : null,
      zoomBy("+", "Zoom in", 1.5), zoomBy("−", "Zoom out", 1 / 1.5), zoomBy("⟲", "Show all", 0)),
    host, legend);

  const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const side = () => Math.min(host.clientWidth, host.clientHeight) - 48;
  const at = index => {
    const scale = side() / 10000 * zoom;
    return [
      host.clientWidth / 2 + (map[2 * index] - 5000 + offset[0]) * scale,
      host.clientHeight / 2 + (map[2 * index + 1] - 5000 + offset[1]) * scale,
    ];
  };
  const color = index => {
    if (colors === "right") return isRight(index) ? palette.right : palette.wrong;
    const place = largest.indexOf(labelOf(index));
    return place < 0 ? palette.other : hues[place];
  };
  let palette = {};

  // Not all maps are square: one that is flat is moved to the middle.
  const middle = [0, 1].map(axis => {
    const values = map.filter((_, i) => i % 2 === axis);
    return 5000 - (values.reduce((a, b) => Math.min(a, b)) + values.reduce((a, b) => Math.max(a, b))) / 2;
  });
  offset = [...middle];

  function draw() {
    if (!host.isConnected) return;
    const scale = devicePixelRatio || 1;
    [canvas.width, canvas.height] = [host.clientWidth * scale, host.clientHeight * scale];
    const context = canvas.getContext("2d");
    context.scale(scale, scale);
    // Canvas knows no light-dark(): a probe of the page tells what it comes to.
    const probe = host.appendChild(el("i"));
    palette = Object.fromEntries(["right", "wrong", "edge", "ink", "card"].map(name => {
      probe.style.color = `var(--${name})`;
      return [name, getComputedStyle(probe).color];
    }));
    palette.other = palette.edge;
    probe.remove();
    const radius = Math.max(2, Math.min(5, 160 / Math.sqrt(total))) * Math.sqrt(zoom);
    context.globalAlpha = total > 2000 ? .65 : .85;
    for (let i = 0; i < total; i++) {
      const [px, py] = at(i);
      context.fillStyle = color(i);
      context.beginPath();
      context.arc(px, py, radius, 0, 7);
      context.fill();
    }
    context.globalAlpha = 1;
    if (active >= 0) {
      const [px, py] = at(active);
      context.lineWidth = 2.5;
      context.strokeStyle = palette.ink;
      context.beginPath();
      context.arc(px, py, radius + 4, 0, 7);
      context.stroke();
    }
    const entry = (fill, words) => { const dot = el("span"); dot.style.background = fill; return el("li", {}, dot, words); };
    legend.replaceChildren(...colors === "right"
      ? [entry("var(--right)", "right"), entry("var(--wrong)", "wrong")]
      : [...largest.map((label, i) => entry(hues[i], labelName(label))), byLabel.size > largest.length ? entry("var(--edge)", `${byLabel.size - largest.length} others`) : ""]);
  }

  function nearest(px, py, within, accept) {
    let [found, least] = [-1, within * within];
    for (let i = 0; i < total; i++) {
      const [x, y] = at(i);
      const distance = (x - px) ** 2 + (y - py) ** 2;
      if (distance < least && (!accept || accept(x, y, i))) [found, least] = [i, distance];
    }
    return found;
  }

  function point(index) {
    if (index === active) return;
    active = index;
    tip.hidden = index < 0;
    if (index >= 0) {
      const first = best(index)[0];
      const words = known ? `${names(rightOf(index))}: ${isRight(index) ? "right" : `taken for ${labelName(first.label)}`}` : labelName(first.label);
      tip.replaceChildren(setThumbnail(index), el("p", { text: words }), el("p", { class: "muted", text: percent(first.score) }));
      const [px, py] = at(index);
      tip.style.left = `${px + 190 > host.clientWidth ? Math.max(4, px - 190) : px + 16}px`;
      tip.style.top = `${Math.max(4, Math.min(py - 60, host.clientHeight - tip.offsetHeight - 4))}px`;
      if (document.activeElement === canvas) say(words);
    }
    draw();
  }

  function setZoom(value) {
    zoom = Math.max(1, Math.min(20, value));
    if (zoom === 1) offset = [...middle];
    else if (active >= 0) offset = [5000 - map[2 * active], 5000 - map[2 * active + 1]];
    point(-1);
    draw();
  }

  let drag = null;
  canvas.onpointerdown = event => { drag = { x: event.clientX, y: event.clientY, from: [...offset], moved: false }; };
  canvas.onpointermove = event => {
    if (drag && event.buttons) {
      const scale = side() / 10000 * zoom;
      drag.moved ||= Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > 4;
      if (drag.moved && zoom > 1) offset = [drag.from[0] + (event.clientX - drag.x) / scale, drag.from[1] + (event.clientY - drag.y) / scale];
      draw();
      return;
    }
    point(nearest(event.offsetX, event.offsetY, 18));
  };
  canvas.onpointerleave = () => point(-1);
  canvas.onclick = event => {
    const found = drag?.moved ? -1 : nearest(event.offsetX, event.offsetY, 24);
    drag = null;
    if (found >= 0) open(found, [found], () => canvas.focus());
  };
  canvas.onwheel = event => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    setZoom(zoom * (event.deltaY < 0 ? 1.2 : 1 / 1.2));
  };
  canvas.onkeydown = event => {
    const way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
    if (way) {
      const [px, py] = active >= 0 ? at(active) : [host.clientWidth / 2, host.clientHeight / 2];
      // Within 45 degrees of the key's direction.
      const to = nearest(px, py, Infinity, (x, y, i) => i !== active
        && (active < 0 || (x - px) * way[0] + (y - py) * way[1] > Math.abs((x - px) * way[1]) + Math.abs((y - py) * way[0])));
      if (to >= 0) point(to);
    } else if (event.key === "Enter" && active >= 0) open(active, [active], () => canvas.focus());
    else if (event.key === "+" || event.key === "-") setZoom(zoom * (event.key === "+" ? 1.5 : 1 / 1.5));
    else if (event.key === "Escape") point(-1);
    else return;
    event.preventDefault();
  };
  canvas.onblur = () => point(-1);
  new ResizeObserver(draw).observe(host);
  addEventListener("themechange", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
});
