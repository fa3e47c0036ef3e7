import type { RunSummary } from "@chaos-agents/engine";
import { isAbandoned } from "../abandoned.ts";
import { FilesPage } from "./files-page.ts";
import type { Hint } from "./frame.ts";
import { type RoomKey, withoutLast } from "./keys.ts";
import type { Look, Said, Size } from "./look.ts";
import type { Page } from "./page.ts";
import type { Room } from "./room.ts";
import { askRecovery, askStop, writePage } from "./run-actions.ts";
import { RunPage } from "./run-page.ts";
import { RunShelf, type ShelvedRun } from "./run-shelf.ts";
import { matches, runsTable } from "./runs-table.ts";
import { moved } from "./scroll.ts";

/** The list of runs: where the room opens. */
export class RunsPage implements Page {
  readonly crumb = "Runs";
  readonly #room: Room;
  readonly #shelf: RunShelf;
  #search = "";
  #typing = false;
  /** Stays with its run, wherever that moves. */
  #chosen: string | null = null;
  #top = 0;
  #height = 1;

  constructor(room: Room) {
    this.#room = room;
    const { store, clock, signal } = room;
    this.#shelf = new RunShelf({ store, clock, signal, changed: () => room.changed() });
    room.attempt(() => this.#shelf.keep());
  }

  get typing(): boolean {
    return this.#typing;
  }

  get status(): readonly Said[] {
    const { runs, count, unread } = this.#shelf;
    const live = runs.filter(({ summary }) => summary?.live).length;
    const open = runs.filter(({ summary }) => summary !== null && isAbandoned(summary)).length;
    return [
      ...(live > 0 ? [["accent", `${live} live`] as const] : []),
      ...(open > 0 ? [["bad", `${open} to recover`] as const] : []),
      ["dim", unread > 0 ? `${count - unread} of ${count} read` : `${count} ${count === 1 ? "run" : "runs"}`],
    ];
  }

  get hints(): readonly Hint[] {
    if (this.#typing)
      return [
        ["Enter", "keep"],
        ["Esc", "show all"],
      ];
    const chosen = this.#summary();
    return [
      ...(chosen ? [["Enter", "look"] as const] : []),
      ["n", "new"],
      ["/", "search"],
      ...(chosen?.live ? [["s", "stop"] as const] : []),
      ...(chosen && isAbandoned(chosen) ? [["r", "recover"] as const] : []),
      ...(chosen && !chosen.live ? [["o", "report to file"] as const] : []),
    ];
  }

  lines({ width, height }: Size, look: Look): readonly string[] {
    const runs = this.#found(look);
    const searching = this.#typing || this.#search !== "";
    this.#height = Math.max(1, height - 1 - (searching ? 1 : 0));
    const at = this.#place(runs);
    this.#top = Math.max(0, Math.min(this.#top, at, runs.length - this.#height));
    this.#top = Math.max(this.#top, at - this.#height + 1);
    const seen = runs.slice(this.#top, this.#top + this.#height);
    this.#shelf.want(seen.map(({ run }) => run));
    const now = this.#room.clock.now();
    const table = runsTable(seen, { width, look, now, chosen: runs[at]?.run ?? null });
    const cursor = this.#typing ? (look.unicode ? "▏" : "_") : "";
    const search = ` ${look.paint("accent", "/")}${this.#search}${cursor}  ${look.paint("dim", `${runs.length} found`)}`;
    const empty = searching ? "Nothing like that." : "No run was made yet. Press n to start an experiment.";
    return [
      ...(searching ? [search] : []),
      ...(runs.length > 0 ? table : this.#shelf.count > 0 && !searching ? [] : ["", `  ${look.paint("dim", empty)}`]),
    ];
  }

  #found(look: Look): readonly ShelvedRun[] {
    if (this.#search.trim() === "") return this.#shelf.runs;
    return this.#shelf.runs.filter(({ summary }) => matches(summary, this.#search.trim(), look));
  }

  #place(runs: readonly ShelvedRun[]): number {
    return Math.max(
      0,
      runs.findIndex(({ run }) => run === this.#chosen),
    );
  }

  #summary(): RunSummary | null {
    const runs = this.#found(this.#room.look);
    return runs[this.#place(runs)]?.summary ?? null;
  }

  press(key: RoomKey): boolean {
    if (this.#typing) return this.#type(key);
    if (key === "escape" && this.#search !== "") this.#search = "";
    else if (key === "/") this.#typing = true;
    else if (key === "n") this.#room.open(new FilesPage(this.#room));
    else if (["s", "r", "o", "enter", "right"].includes(key)) this.#act(key);
    else return this.#move(key);
    return true;
  }

  #type(key: RoomKey): boolean {
    if (key === "escape") this.#search = "";
    if (key === "escape" || key === "enter") this.#typing = false;
    else if (key === "backspace") this.#search = withoutLast(this.#search);
    else if (key === "up" || key === "down") return this.#move(key);
    else if (!/^(?:[a-z]{2,}|ctrl-.*)$/.test(key)) this.#search += key;
    return true;
  }

  #move(key: RoomKey): boolean {
    const runs = this.#found(this.#room.look);
    const to = moved(key, this.#place(runs), this.#height, runs.length - 1);
    if (to === undefined) return false;
    this.#chosen = runs[to]?.run ?? null;
    return true;
  }

  #act(key: RoomKey): void {
    const chosen = this.#summary();
    if (!chosen) return;
    if (key === "s") askStop(this.#room, chosen);
    else if (key === "r") askRecovery(this.#room, chosen, () => this.#look(chosen));
    else if (key === "o") writePage(this.#room, chosen.run);
    else this.#look(chosen);
  }

  #look(summary: RunSummary): void {
    this.#room.open(new RunPage(this.#room, summary));
  }

  [Symbol.dispose](): void {}
}
