import { escapeHtml } from "./escape-html.ts";
import type { Scale } from "./scale.ts";

/** The drawing area of a chart within its picture, in pixels. */
export const frame = { width: 920, height: 260, left: 62, right: 12, top: 12, bottom: 30 };
export const plot = {
  left: frame.left,
  right: frame.width - frame.right,
  top: frame.top,
  bottom: frame.height - frame.bottom,
};

interface Tick {
  value: number;
  label: string;
}

interface Axis {
  scale: Scale;
  ticks: Tick[];
}

const place = (pixels: number): string => pixels.toFixed(1);

/** A picture with axes around what `marks` draws; `title` says to a screen reader what it shows. */
export const chart = (title: string, x: Axis, y: Axis, marks: string): string => {
  const lines = y.ticks.map(
    ({ value, label }) =>
      `<line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${place(y.scale(value))}" y2="${place(y.scale(value))}"/>` +
      `<text class="tick" x="${plot.left - 8}" y="${place(y.scale(value) + 4)}" text-anchor="end">${escapeHtml(label)}</text>`,
  );
  const columns = x.ticks.map(
    ({ value, label }) =>
      `<line class="notch" x1="${place(x.scale(value))}" x2="${place(x.scale(value))}" y1="${plot.bottom}" y2="${plot.bottom + 5}"/>` +
      `<text class="tick" x="${place(x.scale(value))}" y="${plot.bottom + 20}" text-anchor="middle">${escapeHtml(label)}</text>`,
  );
  return (
    `<svg viewBox="0 0 ${frame.width} ${frame.height}" role="img" aria-label="${escapeHtml(title)}">` +
    lines.join("") +
    columns.join("") +
    marks +
    `<line class="base" x1="${plot.left}" x2="${plot.right}" y1="${plot.bottom}" y2="${plot.bottom}"/></svg>`
  );
};

type Place = readonly [x: number, y: number];

/** A line through places; a gap where there is none. */
export const line = (name: string, places: (Place | undefined)[]): string => {
  let path = "";
  let pen = "M";
  for (const at of places) {
    if (at) path += `${pen}${place(at[0])} ${place(at[1])}`;
    pen = at ? "L" : "M";
  }
  return `<path class="line ${name}" d="${path}"/>`;
};

/** The area between an upper and a lower line. */
export const area = (name: string, upper: Place[], lower: Place[]): string => {
  if (upper.length === 0) return "";
  const path = [...upper, ...lower.toReversed()].map(([x, y]) => `${place(x)} ${place(y)}`).join("L");
  return `<path class="area ${name}" d="M${path}Z"/>`;
};

/** An invisible column that tells its figures when it is pointed at. */
export const hint = (x: number, width: number, text: string): string =>
  `<rect class="hint" x="${place(x)}" y="${plot.top}" width="${place(width)}" height="${plot.bottom - plot.top}">` +
  `<title>${escapeHtml(text)}</title></rect>`;

export const legend = (entries: readonly (readonly [name: string, label: string])[]): string =>
  `<p class="legend">${entries.map(([name, label]) => `<span><i class="${name}"></i>${escapeHtml(label)}</span>`).join("")}</p>`;
