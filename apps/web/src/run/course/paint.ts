import { type ChartFrame, type ChartPlan, quantity, type valueScale } from "@chaos-agents/report/browser";
import type uPlot from "uplot";
import { colourOf } from "../../design/theme.ts";

export interface Picture {
  plan: ChartPlan;
  frame: ChartFrame;
  scale: ReturnType<typeof valueScale>;
}

/** Every colour a chart uses, looked up once for each theme. */
export function coloursNow() {
  const names = [
    "ink",
    "soft",
    "line",
    "paper",
    "card",
    "bite",
    "bite-ink",
    "undo",
    "good",
    "warn",
    "bad",
    "main",
    "rank-1",
    "rank-2",
    "rank-3",
    "rank-4",
  ];
  return Object.fromEntries(names.map((name) => [name, colourOf(name)])) as Record<string, string>;
}
export type Colours = ReturnType<typeof coloursNow>;

export const chartFont = "11px system-ui, sans-serif";

/** Behind the lines: fault windows, the undo, and where time was cut out. */
export function paintBackdrop(u: uPlot, { frame }: Picture, colours: Colours): void {
  const { ctx, bbox } = u;
  const band = (colour: string, alpha: number, from: number, until: number) => {
    ctx.globalAlpha = alpha;
    ctx.fillStyle = colour;
    ctx.fillRect(
      bbox.left + (from / 100) * bbox.width,
      bbox.top,
      Math.max(1, ((until - from) / 100) * bbox.width),
      bbox.height,
    );
  };
  ctx.save();
  for (const { from, until } of frame.windows) band(colours["bite"]!, 0.1, from, until);
  for (const { from, until } of frame.undos) band(colours["undo"]!, 0.18, from, until);
  for (const { from, until } of frame.axis.cuts) band(colours["paper"]!, 1, from, until);
  ctx.restore();
  for (const { from } of frame.windows) upright(u, from, colours["bite"]!, []);
}

/** Before the lines: limits, answers outside tolerance, where it was stopped and where it was steady again. */
export function paintForeground(u: uPlot, { plan, frame, scale }: Picture, colours: Colours): void {
  const { ctx, bbox } = u;
  const dot = devicePixelRatio;
  for (const { value, label } of plan.limits.filter((limit) => scale.reaches(limit.value))) {
    const y = bbox.top + bbox.height * (1 - scale.y(value) / 1_000);
    line(u, [bbox.left, y, bbox.left + bbox.width, y], colours["warn"]!, [5, 4]);
    words(
      u,
      `${label} ${quantity(value, plan.unit)}`,
      bbox.left + bbox.width - 3 * dot,
      y - 4 * dot,
      colours["warn"]!,
      "right",
    );
  }
  ctx.save();
  ctx.fillStyle = colours["bad"]!;
  const places = new Set(plan.failures.map((t) => Math.round((frame.axis.x(t) / 100) * bbox.width)));
  for (const x of places) {
    ctx.beginPath();
    ctx.arc(bbox.left + x, bbox.top + bbox.height - 3 * dot, 2.4 * dot, 0, 7);
    ctx.fill();
  }
  ctx.restore();
  if (frame.stoppedAt !== null) upright(u, frame.stoppedAt, colours["bad"]!, [2, 3]);
  if (frame.recoveredAt !== null) upright(u, frame.recoveredAt, colours["good"]!, []);
  let last = -Infinity;
  for (const { tag, from } of frame.windows) {
    const x = Math.max(bbox.left + (from / 100) * bbox.width, last + 12 * dot);
    last = x;
    words(u, tag, x + 2 * dot, bbox.top - 3 * dot, colours["bite-ink"]!, "left", "bold ");
  }
}

function upright(u: uPlot, at: number, colour: string, dash: number[]): void {
  const { bbox } = u;
  const x = Math.round(bbox.left + (at / 100) * bbox.width);
  line(u, [x, bbox.top, x, bbox.top + bbox.height], colour, dash);
}

function line(
  { ctx }: uPlot,
  [x1, y1, x2, y2]: [number, number, number, number],
  colour: string,
  dash: number[],
): void {
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.globalAlpha = 0.75;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash(dash.map((length) => length * devicePixelRatio));
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
  ctx.restore();
}

function words(
  { ctx }: uPlot,
  text: string,
  x: number,
  y: number,
  colour: string,
  align: CanvasTextAlign,
  weight = "",
): void {
  ctx.save();
  ctx.font = `${weight}${11 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textAlign = align;
  ctx.fillStyle = colour;
  ctx.fillText(text, x, y);
  ctx.restore();
}
