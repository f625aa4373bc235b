// Whether the model is as often right as it is sure: the reliability curve.
section("calibration", () => run()?.bins !== undefined, panel => {
  const { bins, calibrationError } = run();
  const [left, top, side, below] = [58, 40, 420, 48];
  const x = value => left + side * value;
  const y = value => top + side * (1 - value);
  const chart = el("svg", {
    class: "chart", viewBox: `0 0 ${left + side + 40} ${top + side + below + 70}`, role: "img",
    "aria-label": `Reliability curve; the expected calibration error is ${share(calibrationError)}. The table beside it has the numbers.`,
  });
  const rule = (x1, y1, x2, y2, name) => chart.append(el("line", { x1, y1, x2, y2, class: name }));
  const text = (at, to, words, anchor) => chart.append(el("text", { x: at, y: to, "text-anchor": anchor, text: words }));
  for (const tick of [0, .25, .5, .75, 1]) {
    rule(x(0), y(tick), x(1), y(tick), "rule");
    text(left - 8, y(tick) + 4, `${100 * tick}\u00a0%`, "end");
    text(x(tick), top + side + below + 42, `${100 * tick}\u00a0%`, "middle");
  }
  text(x(.5), top + side + below + 60, "confidence of the best label", "middle");
  text(left, top - 14, "pictures that are right", "start");
  rule(x(0), y(0), x(1), y(1), "ideal");
  const wide = side / bins.length;
  const most = Math.max(1, ...bins.map(bin => bin[0]));
  const full = bins.map((bin, i) => [...bin, i]).filter(bin => bin[0] > 0);
  for (const [number, , accuracy, i] of full) {
    chart.append(
      el("rect", { x: left + i * wide + 1, y: y(accuracy), width: wide - 2, height: Math.max(1, side * accuracy), class: "bin" }),
      el("rect", { x: left + i * wide + 1, y: top + side + below + 22 - below * number / most, width: wide - 2, height: Math.max(1, below * number / most), class: "count" }));
  }
  chart.append(el("polyline", { class: "line", points: full.map(([, sure, accuracy]) => `${x(sure)},${y(accuracy)}`).join(" ") }));
  for (const [, sure, accuracy] of full) chart.append(el("circle", { class: "dot", cx: x(sure), cy: y(accuracy), r: 4.5 }));

  const mean = full.reduce((sum, [number, sure]) => sum + number * sure, 0) / full.reduce((sum, [number]) => sum + number, 0);
  const right = full.reduce((sum, [number, , accuracy]) => sum + number * accuracy, 0) / full.reduce((sum, [number]) => sum + number, 0);
  const verdict = Math.abs(mean - right) < .02 ? "On the whole it is as often right as it is sure."
    : mean > right ? "It is surer than it is right: points lie below the diagonal." : "It is more often right than it is sure: points lie above the diagonal.";
  panel.append(el("div", { class: "beside" }, chart, el("div", {},
    el("p", { class: "note", text: `On average the model is ${share(mean)} sure and ${share(right)} right; the expected calibration error is ${share(calibrationError)}. ${verdict}`
      + " The gray bars tell how many pictures there are of each confidence." }),
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Reliability" }, el("table", {},
      el("thead", {}, el("tr", {}, ...["Sure", "Right", "Pictures"].map(title => el("th", { scope: "col", text: title })))),
      el("tbody", {}, ...full.map(([number, sure, accuracy]) => el("tr", {},
        el("td", { text: share(sure) }), el("td", { text: share(accuracy) }), el("td", { text: number.toLocaleString("en") })))))))));
});
