import { el, setText } from "./dom.js";

const shortestSeconds = 60;

/** Loaded with the first chart: the other pages do without. */
const library = "../vendor/uplot/uPlot.esm.js";

/** Chart is one plot over the last minutes, in the colours of the theme. */
export class Chart {
  /** @type {any} */
  #plot = null;
  /** @type {any[][]} times, then a row of values for each series */
  #data;
  #chart;
  #rows;
  #latest;
  #room = el("div", { class: "plot-room" });
  #resized = new ResizeObserver(() => this.#fit());
  #themed = () => void this.#make();
  #isGone = false;

  /** @param {{id: string, title: string, unit: string, about: string, series: import("./performance.js").Series[]}} chart @param {number} rows */
  constructor(chart, rows) {
    this.#chart = chart;
    this.#rows = rows;
    this.#data = [[], ...chart.series.map(() => [])];
    this.#latest = chart.series.map(() => el("b", {}, "–"));
    const legend = el("ul", { class: "legend" }, ...chart.series.map(({ name, colour }, i) => el("li", { data: { colour: colour.slice(2) } }, el("span", { class: "swatch" }), name, " ", this.#latest[i])));
    this.node = el("figure", { class: "plot card" }, el("figcaption", {}, el("h2", {}, chart.title), el("p", { class: "dim" }, chart.about)), legend, this.#room);
    this.#resized.observe(this.#room);
    addEventListener("heard:theme", this.#themed);
  }

  get id() {
    return this.#chart.id;
  }

  /** @param {number} at seconds since 1970 @param {(number | null)[] | null} values null: a hole */
  push(at, values) {
    if (this.#data[0].at(-1) >= at) return;
    this.#data[0].push(at);
    this.#chart.series.forEach((_, i) => {
      const value = values ? values[i] : null;
      this.#data[i + 1].push(value);
      setText(this.#latest[i], value === null || value === undefined ? "–" : `${short(value)}${this.#chart.unit && ` ${this.#chart.unit}`}`);
    });
    if (this.#data[0].length > this.#rows) for (const row of this.#data) row.shift();
    this.#plot?.setData(this.#data);
  }

  destroy() {
    this.#isGone = true;
    this.#resized.disconnect();
    removeEventListener("heard:theme", this.#themed);
    this.#plot?.destroy();
  }

  #fit() {
    const { clientWidth: width, clientHeight: height } = this.#room;
    if (!width) return;
    if (this.#plot) this.#plot.setSize({ width, height });
    else void this.#make();
  }

  /** A canvas does not follow the style sheet: another theme is another plot. */
  async #make() {
    const { default: uPlot } = await import(library);
    const { clientWidth: width, clientHeight: height } = this.#room;
    if (this.#isGone || !width) return;
    this.#plot?.destroy();
    const style = getComputedStyle(document.documentElement);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    const axis = { stroke: colour("--dim"), font: "12px system-ui, sans-serif", grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
    this.#plot = new uPlot({
      width, height, legend: { show: false }, cursor: { y: false, points: { size: 6 } }, padding: [12, 18, 0, 0],
      scales: {
        x: { range: (/** @type {any} */ _, /** @type {number} */ _min, /** @type {number} */ max) => [max - Math.min(this.#rows, Math.max(shortestSeconds, this.#data[0].length)), max] },
        y: { range: (/** @type {any} */ _, /** @type {number} */ _min, /** @type {number} */ max) => (this.#chart.unit === "%" ? [0, 100] : [0, Math.max(1, (max ?? 0) * 1.15)]) },
      },
      // Marks count back from now: minutes and seconds of the day would read as hours and minutes.
      axes: [{ ...axis, size: 30, splits: (/** @type {any} */ plot, /** @type {number} */ _axis, /** @type {number} */ min, /** @type {number} */ max) => marks(min, max, plot.width), values: (/** @type {any} */ _, /** @type {number[]} */ at) => at.map((second) => ago(Number(at.at(-1)) - second)) },
        { ...axis, size: 52, values: (/** @type {any} */ _, /** @type {number[]} */ at) => at.map(short) }],
      series: [{}, ...this.#chart.series.map((one) => ({ label: one.name, stroke: colour(one.colour), width: one.isBroad ? 7 : 2, alpha: one.isBroad ? 0.35 : 1, points: { show: false }, spanGaps: this.#chart.id !== "latency" }))],
    }, this.#data, this.#room);
  }
}

const markPX = 84; // a mark's words need so much

/** Where the x axis is marked: in even steps back from its end. @param {number} min @param {number} max in seconds @param {number} width in pixels */
export function marks(min, max, width) {
  const step = [10, 15, 30, 60, 120].find((step) => ((max - min) / step) * markPX <= width) ?? 300;
  return Array.from({ length: Math.floor((max - min) / step) + 1 }, (_, i) => max - i * step).reverse();
}

/** @param {number} seconds before now */
export const ago = (seconds) => (seconds < 1 ? "now" : seconds % 60 ? `${seconds} s ago` : `${seconds / 60} min ago`);

/** @param {number} value */
function short(value) {
  if (value >= 10_000) return `${Math.round(value / 1000)}k`;
  return value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(value < 10 ? 2 : 1);
}
