/** One bar, of one or several segments that follow each other. */
export interface Bar {
  label: string;
  segments: { value: number; series: number }[];
  /** Written behind it. */
  text: string;
  /** From the least to the most that was seen. */
  range?: [number, number];
  /** Set apart: not what it should be. */
  missed?: boolean;
}

export interface Chart {
  title: string;
  /** What the segments are, in the order of their numbers; one that is named alone needs no legend. */
  series: string[];
  bars: Bar[];
  /** A line across all bars, with what it stands for. */
  mark?: { value: number; label: string };
}

const [width, textWidth] = [760, 150];
const [labelWidthLeast, labelWidthMost, characterWidth] = [120, 380, 7];
const [rowHeight, barHeight, headHeight, legendHeight] = [28, 16, 44, 26];

/** Colours that are told apart in print and by the colour-blind (Okabe and Ito, 2008), on light and on dark paper. */
const style = `
  text { font: 13px system-ui, sans-serif; fill: #24292f; }
  .title { font-weight: 600; font-size: 14px; }
  .quiet { fill: #57606a; font-size: 12px; }
  .label { text-anchor: end; }
  .s0 { fill: #0072b2; } .s1 { fill: #d55e00; } .s2 { fill: #009e73; } .s3 { fill: #999999; }
  .missed { fill: #d55e00; }
  .mark { stroke: #57606a; stroke-dasharray: 3 3; }
  .range { stroke: #24292f; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .quiet { fill: #9198a1; }
    .s0 { fill: #56b4e9; } .s1 { fill: #e69f00; } .s2 { fill: #2fbf94; } .s3 { fill: #7d8590; }
    .missed { fill: #e69f00; }
    .mark { stroke: #9198a1; }
    .range { stroke: #e6edf3; }
  }`;

/** A picture of horizontal bars as SVG, which follows the reader's light or dark setting. */
export function barChart({ title, series, bars, mark }: Chart): string {
  const legend = series.length > 1 ? legendHeight : 0;
  const top = headHeight + legend;
  const height = top + bars.length * rowHeight + 8;
  const most = Math.max(
    mark?.value ?? 0,
    ...bars.map(({ segments, range }) => Math.max(total(segments), range?.[1] ?? 0)),
  );
  const longest = Math.max(...bars.map(({ label }) => label.length));
  const left = Math.min(labelWidthMost, Math.max(labelWidthLeast, longest * characterWidth + 16));
  const plotWidth = width - left - textWidth;
  const x = (value: number) => left + (most === 0 ? 0 : (value / most) * plotWidth);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${xmlText(title)}</title>`,
    `<style>${style}\n</style>`,
    `<text class="title" x="0" y="16">${xmlText(title)}</text>`,
    ...(legend ? series.map((name, at) => legendEntry(name, left + at * 120, at)) : []),
    ...(mark ? markLine(x(mark.value), top, height, mark.label) : []),
    ...bars.flatMap((bar, row) => drawBar(bar, top + row * rowHeight, x)),
    "</svg>\n",
  ].join("\n");
}

const total = (segments: Bar["segments"]) => segments.reduce((sum, { value }) => sum + value, 0);

function legendEntry(name: string, left: number, at: number): string {
  return `<rect class="s${at}" x="${left}" y="${headHeight - 8}" width="12" height="12"/><text class="quiet" x="${left + 18}" y="${headHeight + 2}">${xmlText(name)}</text>`;
}

function markLine(at: number, top: number, height: number, label: string): string[] {
  return [
    `<line class="mark" x1="${round(at)}" x2="${round(at)}" y1="${top - 4}" y2="${height - 6}"/>`,
    `<text class="quiet" x="${round(at + 4)}" y="${top - 6}">${xmlText(label)}</text>`,
  ];
}

function drawBar({ label, segments, text, range, missed }: Bar, top: number, x: (value: number) => number) {
  const middle = top + rowHeight / 2;
  let from = 0;
  const rects = segments.map(({ value, series }) => {
    const rect = `<rect class="${missed ? "missed" : `s${series}`}" x="${round(x(from))}" y="${middle - barHeight / 2}" width="${round(x(from + value) - x(from))}" height="${barHeight}"/>`;
    from += value;
    return rect;
  });
  const whisker = range && [
    `<line class="range" x1="${round(x(range[0]))}" x2="${round(x(range[1]))}" y1="${middle}" y2="${middle}"/>`,
  ];
  const end = Math.max(x(from), range ? x(range[1]) : 0);
  return [
    `<text class="label" x="${round(x(0) - 10)}" y="${middle + 4}">${xmlText(label)}</text>`,
    ...rects,
    ...(whisker ?? []),
    `<text class="quiet" x="${round(end + 6)}" y="${middle + 4}">${xmlText(text)}</text>`,
  ];
}

const round = (value: number) => Math.round(value * 10) / 10;

const xmlText = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
