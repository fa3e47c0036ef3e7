import type { RunSummary } from "@chaos-agents/engine";
import {
  type LogLine,
  type RunReport,
  grid,
  liveBlocks,
  liveHead,
  logRow,
  renderText,
  stacked,
  witnessRows,
  wrapped,
} from "@chaos-agents/report";
import { counted } from "@chaos-agents/core";
import { isAbandoned } from "../abandoned.ts";
import type { Hint } from "./frame.ts";
import type { RoomKey } from "./keys.ts";
import type { Look, Said, Size } from "./look.ts";
import type { Page } from "./page.ts";
import type { Room } from "./room.ts";
import { askRecovery, askStop, writePage } from "./run-actions.ts";
import { RunWatch } from "./run-watch.ts";
import { stateOf } from "./runs-table.ts";
import { Scroll, TailScroll } from "./scroll.ts";

/** Below what a live run shows, so many of its events are seen at least. */
const fewEvents = 5;

/** One run: its course while it is live, its report once it is not. */
export class RunPage implements Page {
  readonly #room: Room;
  readonly #watch: RunWatch;
  readonly #closing = new AbortController();
  readonly #reading = new Scroll();
  readonly #events = new TailScroll();
  /** Only the events, over the whole page. */
  #onlyEvents = false;
  #rendered: { report: RunReport; width: number; lines: readonly string[] } | null = null;

  constructor(room: Room, summary: RunSummary) {
    this.#room = room;
    const signal = AbortSignal.any([room.signal, this.#closing.signal]);
    this.#watch = new RunWatch(summary, {
      store: room.store,
      clock: room.clock,
      signal,
      changed: () => room.changed(),
    });
    room.attempt(() => this.#watch.keep());
  }

  get crumb(): string {
    const { experiment, run } = this.#watch.summary;
    return experiment || run;
  }

  get status(): readonly Said[] {
    const [, ink, said] = stateOf(this.#watch.summary, this.#room.look);
    const { place } = this.#reading;
    const reading = !this.#onlyEvents && this.#watch.report !== null;
    return [[ink, said], ...(reading && place !== null ? [["dim", place] as const] : [])];
  }

  get hints(): readonly Hint[] {
    const { summary } = this.#watch;
    const other = summary.live ? "progress" : "report";
    return [
      ...(summary.live ? [["s", "stop"] as const] : [["o", "report to file"] as const]),
      ...(isAbandoned(summary) ? [["r", "recover"] as const] : []),
      ["Tab", this.#onlyEvents ? other : "events"],
    ];
  }

  lines(size: Size, look: Look): readonly string[] {
    const above = this.#aboveAll(size, look);
    const rest = { width: size.width, height: Math.max(1, size.height - above.length) };
    return [...above, ...this.#content(rest, look)];
  }

  #content(size: Size, look: Look): readonly string[] {
    const { report, live } = this.#watch;
    const inner = { ...size, width: Math.max(1, size.width - 1) };
    if (this.#onlyEvents) return this.#log(inner, look);
    if (live) return this.#progress(inner, look);
    if (report) return this.#reading.window(this.#text(report, size.width, look), size.height);
    return ["", `  ${look.paint("dim", `Reading${look.ellipsis}`)}`];
  }

  /** What is to be done about it, and how that goes. */
  #aboveAll({ width, height }: Size, { paint, sign, ellipsis }: Look): string[] {
    const { run, live, pending, damaged } = this.#watch.summary;
    const recovery = this.#room.recoveries.get(run);
    const row = (ink: "bad" | "warn" | "good" | "plain", mark: string, text: string) =>
      grid(
        [
          [
            { text: mark, ink },
            { text, ink },
          ],
        ],
        { paint, width, ellipsis, indent: 1, give: [1] },
      );
    if (recovery) {
      const { code } = recovery;
      const said = [...recovery.stdout.text.split("\n"), ...recovery.stderr.text.split("\n")]
        .map((line) => line.replace(`${run}: `, "").trim())
        .filter((line) => line !== "");
      const shown = said.slice(-Math.max(1, Math.min(6, Math.floor(height / 4))));
      const [ink, mark, end] =
        code === undefined
          ? (["warn", sign.undoing, "Recovery goes on"] as const)
          : code === 0
            ? (["good", sign.good, "Recovery has ended: all is put back"] as const)
            : (["bad", sign.bad, `Recovery ended with code ${code ?? "none"}: r tries again`] as const);
      return [...row(ink, mark, end), ...shown.flatMap((line) => row("plain", " ", line)), ""];
    }
    if (live || (pending === 0 && damaged === null)) return [];
    const left =
      damaged ??
      `Its process is gone and ${counted(pending, "change")} ${pending === 1 ? "is" : "are"} still there: r puts ${pending === 1 ? "it" : "them"} back`;
    return [...row("bad", sign.bad, left), ""];
  }

  #progress({ width, height }: Size, look: Look): readonly string[] {
    const { paint, sign, unicode, ellipsis } = look;
    const state = this.#watch.live!;
    if (state.run === null) return ["", `  ${paint("dim", `Reading${ellipsis}`)}`];
    const t = Math.max(state.lastAt, this.#room.clock.now() - (state.header.startedAt ?? 0));
    const head = liveHead(state, { t, width, paint, unicode });
    const bars = width >= 76 ? Math.min(48, Math.floor((width - 56) / 1.5)) : 0;
    const blocks = liveBlocks({ state, t, sign, unicode, width }, paint, { bars });
    const upper = stacked(head, blocks, [], { height: Math.max(2, height - fewEvents - 2), width, paint, ellipsis });
    return [...upper, "", ...this.#log({ width, height: height - upper.length - 1 }, look)];
  }

  #log({ width, height }: Size, { paint, ellipsis }: Look): readonly string[] {
    if (height < 2) return [];
    const rows = this.#events.window(this.#watch.log, height - 1, this.#watch.dropped);
    const { newer } = this.#events;
    const note = newer > 0 ? paint("dim", `  ${counted(newer, "newer one")} below; End follows`) : "";
    const lines = rows.map((line: LogLine) => logRow(line, width, paint, ellipsis));
    return [` ${paint("strong", "Events")}${note}`, ...lines];
  }

  #text(report: RunReport, width: number, look: Look): readonly string[] {
    if (this.#rendered?.report === report && this.#rendered.width === width) return this.#rendered.lines;
    const { color, unicode, paint, sign, ellipsis } = look;
    const columns = Math.max(30, Math.min(width - 2, 120));
    const text = renderText(report, { color, unicode, width: columns }).trimEnd().split("\n");
    const seen = witnessRows(report, sign);
    const rows = grid(
      seen.map(({ cells }) => cells),
      { paint, width: columns, ellipsis, give: [2] },
    );
    const witnesses = seen.flatMap(({ notes }, index) => [
      rows[index]!,
      ...notes.flatMap((note) => wrapped(note, columns - 5).map((line) => `     ${line}`)),
    ]);
    const lines =
      witnesses.length > 0 ? [...text, "", paint("strong", "What was seen of the faults"), ...witnesses] : text;
    this.#rendered = { report, width, lines: lines.map((line) => ` ${line}`) };
    return this.#rendered.lines;
  }

  press(key: RoomKey): boolean {
    const { summary } = this.#watch;
    if (key === "s") askStop(this.#room, summary);
    else if (key === "r") askRecovery(this.#room, summary);
    else if (key === "o") writePage(this.#room, summary.run);
    else if (key === "tab") this.#onlyEvents = !this.#onlyEvents;
    else return this.#onlyEvents || this.#watch.live ? this.#events.press(key) : this.#reading.press(key);
    return true;
  }

  [Symbol.dispose](): void {
    this.#closing.abort();
  }
}
