/** Points at a moment in all charts at once. The page says everything without it; it only reads out. */
export const hoverScript = `
(() => {
  const panel = document.getElementById("course-charts");
  const data = document.getElementById("readings");
  if (!panel || !data) return;
  const charts = JSON.parse(data.textContent).map((chart) => {
    const figure = document.getElementById(chart.id);
    return { ...chart, cross: figure.querySelector(".cross"), readings: [...figure.querySelectorAll(".reading")] };
  });
  const now = document.getElementById("now");
  const strip = panel.querySelector(".timeline");
  const cross = strip.querySelector(".cross");
  const moments = [...panel.querySelectorAll(".at")];
  const small = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });
  const large = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
  const plain = { format: (value) => (Math.abs(value) >= 100 ? large : small).format(value) };
  const time = (ms) => {
    if (Math.abs(ms) < 600000) return (ms / 1000).toFixed(1) + "s";
    return Math.floor(ms / 60000) + "m " + String(Math.floor(ms / 1000) % 60).padStart(2, "0") + "s";
  };
  const one = (value, unit) => {
    if (unit === "ms") return value < 1000 ? plain.format(value) + " ms" : small.format(value / 1000) + " s";
    return plain.format(value) + (unit === "%" ? unit : "");
  };
  const say = (value, unit) =>
    value === null ? "–" : typeof value === "number" ? one(value, unit) : one(value[0], unit) + " – " + one(value[1], unit);
  const nearest = (list, x) => {
    let low = 0;
    let high = list.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (list[middle] < x) low = middle + 1;
      else high = middle;
    }
    return low > 0 && x - list[low - 1] < list[low] - x ? low - 1 : low;
  };
  const place = (line, x) => {
    line.setAttribute("x1", x + "%");
    line.setAttribute("x2", x + "%");
    line.setAttribute("visibility", "visible");
  };
  let at = null;
  const each = (change) => charts.forEach((chart) => chart.readings.forEach((reading, i) => change(reading, i, chart)));
  const show = (x) => {
    // So that nothing moves while numbers change.
    if (at === null) each((reading) => (reading.style.minWidth = Math.ceil(reading.getBoundingClientRect().width) + "px"));
    at = x;
    place(cross, x);
    for (const chart of charts) {
      if (chart.x.length === 0) continue;
      const index = nearest(chart.x, x);
      place(chart.cross, chart.x[index]);
      chart.readings.forEach((reading, i) => (reading.textContent = say(chart.series[i][index], chart.unit)));
    }
    const first = charts.find((chart) => chart.x.length > 0);
    if (!first) return;
    const words = time(first.t[nearest(first.x, x)]);
    for (const moment of moments) {
      moment.textContent = words;
      moment.setAttribute("x", x + "%");
      moment.setAttribute("text-anchor", x < 3 ? "start" : x > 97 ? "end" : "middle");
      moment.setAttribute("visibility", "visible");
    }
  };
  const speak = () => {
    const words = [];
    each((reading) => words.push(reading.previousElementSibling.textContent + " " + reading.textContent));
    now.textContent = "At " + moments[0].textContent + ": " + words.join(", ");
  };
  const hide = () => {
    at = null;
    now.textContent = "";
    for (const sign of panel.querySelectorAll(".cross, .at")) sign.setAttribute("visibility", "hidden");
    each((reading) => {
      reading.textContent = reading.dataset.usual;
      reading.style.minWidth = "";
    });
  };
  panel.addEventListener("pointermove", (event) => {
    const box = strip.getBoundingClientRect();
    show(Math.max(0, Math.min(100, ((event.clientX - box.left) / box.width) * 100)));
  });
  panel.addEventListener("pointerleave", hide);
  panel.addEventListener("blur", hide);
  panel.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Escape") hide();
    if (!step) return;
    event.preventDefault();
    show(Math.max(0, Math.min(100, (at === null ? 0 : at) + step)));
    speak();
  });
})();
`;
