import type { Phase } from "@chaos-agents/core";
import { clock } from "../quantities.ts";
import type { RunState } from "../report.ts";
import { shownVerdict } from "../verdict.ts";
import { type Cell, displayWidth, fitted, grid } from "./columns.ts";
import { logLineParts } from "./event-lines.ts";
import { liveFaults, liveProbes, liveSamples, liveUndo, type Moment } from "./live-sections.ts";
import { type Ink, type Paint, signs } from "./paint.ts";

export interface FrameOptions {
  t: number;
  width: number;
  height: number;
  paint: Paint;
  unicode: boolean;
  /** The run goes on. */
  live: boolean;
}

export interface Block {
  title: string;
  lines: string[];
  /** Of these the last matter most. */
  newestLast?: boolean;
}

/** One picture of a run, never wider nor higher than asked. */
export function liveFrame(state: Readonly<RunState>, options: FrameOptions): string[] {
  const { t, width, height, paint, unicode, live } = options;
  const ellipsis = unicode ? "…" : "~";
  const notes = state.log.filter(({ word }) => word !== "phase").slice(-4);
  const blocks: Block[] = [
    ...liveBlocks({ state, t, sign: signs(unicode), unicode, width }, paint),
    { title: "Latest", lines: notes.map((line) => logRow(line, width, paint, ellipsis)), newestLast: true },
  ].filter(({ lines }) => lines.length > 0);
  const head = liveHead(state, options);
  const hint = state.stops.length === 0 ? "Ctrl-C stops and undoes" : "undoing; Ctrl-C again hurries it";
  const foot = live ? [` ${paint("dim", fitted(hint, width - 1, ellipsis))}`] : [];
  return stacked(head, blocks, foot, { height, width, paint, ellipsis });
}

/** What runs and how far it is, on two lines. */
export function liveHead(
  state: Readonly<RunState>,
  { t, width, paint, unicode }: Pick<FrameOptions, "t" | "width" | "paint" | "unicode">,
): string[] {
  const ellipsis = unicode ? "…" : "~";
  return [headline(state, t, width, paint, ellipsis), phaseStrip(state, width, paint, unicode)];
}

/** What there is to see of a run, apart from its events; with `bars`, every fault has its place in time. */
export function liveBlocks(moment: Moment, paint: Paint, { bars = 0 }: { bars?: number } = {}): Block[] {
  const { state, width, unicode } = moment;
  const ellipsis = unicode ? "…" : "~";
  const rows = (cells: Cell[][], give: number[]) => grid(cells, { paint, width, ellipsis, give, indent: 1 });
  return [
    { title: "Faults", lines: rows(liveFaults(moment, bars), [1, 2]) },
    { title: "Undo", lines: rows(liveUndo(moment), [0]) },
    { title: "Steady state and guards", lines: rows(liveProbes(moment), [1]) },
    {
      title: state.sources.length === 1 ? state.sources[0]!.source : "Measured",
      lines: rows(liveSamples(moment), [0]),
    },
  ].filter(({ lines }) => lines.length > 0);
}

function headline(state: RunState, t: number, width: number, paint: Paint, ellipsis: string): string {
  const { header, verdict, stops } = state;
  const elapsed = fitted(clock(verdict === null ? t : state.lastAt), width - 14, ellipsis);
  const [status, ink]: [string, Ink] =
    verdict !== null
      ? [shownVerdict(verdict).title, shownVerdict(verdict).tone]
      : stops[0]
        ? [`stopping: ${stops[0].by}`, "warn"]
        : [state.phases.at(-1)?.phase ?? "starting", "accent"];
  const right = `${fitted(status, Math.max(8, width - elapsed.length - 14), ellipsis)}  ${elapsed}`;
  const room = width - displayWidth(right) - 3;
  const name = fitted(header.experiment ?? "chaos", room, ellipsis);
  const run = fitted(state.run ?? "", room - displayWidth(name) - 2, "");
  const whole = run === (state.run ?? "") && run !== "" ? `  ${run}` : "";
  const padding = " ".repeat(Math.max(1, width - 1 - displayWidth(name) - displayWidth(whole) - displayWidth(right)));
  const said = right.slice(0, right.length - elapsed.length);
  return ` ${paint("strong", name)}${paint("dim", whole)}${padding}${paint(ink, said)}${elapsed}`;
}

const usual: Phase[] = ["discover", "plan", "preflight", "steady-state", "inject", "observe", "undo", "verify"];

/** What was, is, and is to come; where there is no room for all, first the past goes, then the future. */
function phaseStrip(state: RunState, width: number, paint: Paint, unicode: boolean): string {
  const sign = signs(unicode);
  const seen = state.phases.map(({ phase }) => phase);
  const reached = usual.findLastIndex((phase) => seen.includes(phase));
  const coming = state.verdict === null ? usual.slice(reached + 1) : [];
  const over = state.phases.at(-1)?.endedAt != null;
  const parts = [
    ...seen.map((phase, index): [string, Ink] => {
      const current = index === seen.length - 1 && !over;
      return current ? [`${sign.active} ${phase}`, "accent"] : [`${sign.good} ${phase}`, "dim"];
    }),
    ...coming.map((phase): [string, Ink] => [`${sign.waiting} ${phase}`, "dim"]),
  ];
  const takes = () => parts.reduce((sum, [text]) => sum + text.length + 2, 0);
  for (let past = seen.length - 1; past > 0 && takes() > width; past--) parts.shift();
  while (parts.length > 1 && takes() > width) parts.pop();
  return ` ${parts.map(([text, ink]) => paint(ink, fitted(text, width - 1, ""))).join("  ")}`;
}

/** An event on one line. */
export function logRow(line: RunState["log"][number], width: number, paint: Paint, ellipsis: string): string {
  const { when: whole, word, subject, text } = logLineParts(line);
  const when = whole.slice(0, 9);
  const room = width - when.length - word.length - 2;
  const first = fitted(subject, room, ellipsis);
  const used = first === "" ? 0 : displayWidth(first) + 2;
  const second = fitted(text, Math.max(0, room - used), ellipsis);
  const said = [first, second].filter((part) => part !== "").join("  ");
  return `${paint("dim", when)}  ${word}${paint(line.tone, said)}`;
}

export interface Space {
  height: number;
  width: number;
  paint: Paint;
  ellipsis: string;
}

/** Puts blocks below each other. Where height is short, first the air goes, then the titles, then the ends of the longest blocks. */
export function stacked(head: string[], blocks: readonly Block[], foot: string[], space: Space): string[] {
  const { height, width, paint, ellipsis } = space;
  const picture = (air: string[], titled: boolean, shown: readonly number[]) => [
    ...head,
    ...blocks.flatMap((block, index) => [
      ...air,
      ...(titled ? [` ${paint("strong", fitted(block.title, width - 1, ellipsis))}`] : []),
      ...cutShort(block, shown[index]!, space),
    ]),
    ...(foot.length > 0 ? air : []),
    ...foot,
  ];
  const shown = blocks.map(({ lines }) => lines.length);
  const airy = picture([""], true, shown);
  if (airy.length <= height) return airy;
  const titled = picture([], true, shown);
  if (titled.length <= height) return titled;
  for (let over = titled.length - blocks.length - height; over > 0; over--) {
    const longest = shown.indexOf(Math.max(...shown));
    if (longest === -1 || shown[longest]! <= 1) break;
    shown[longest]! -= 1;
  }
  return picture([], false, shown).slice(0, height);
}

function cutShort(
  { lines, newestLast = false }: Block,
  shown: number,
  { width, paint, ellipsis }: Space,
): readonly string[] {
  if (newestLast) return lines.slice(-shown);
  if (shown >= lines.length || shown < 3) return lines.slice(0, shown);
  const more = `${ellipsis} ${lines.length - shown + 1} more`;
  return [...lines.slice(0, shown - 1), `    ${paint("dim", fitted(more, width - 4, ellipsis))}`];
}
