import { userInfo } from "node:os";
import { ChaosError, type Clock, describeError } from "@chaos-agents/core";
import type { HaltOrder, JournalStore } from "@chaos-agents/engine";
import type { Ink } from "@chaos-agents/report";
import { nothingLeft } from "../abandoned.ts";
import type { Terminal } from "../terminal.ts";
import { DetachedChaos } from "./chaos-child.ts";
import { type Hint, bodyHeight, framed } from "./frame.ts";
import { HelpPage } from "./help-page.ts";
import type { RoomKey } from "./keys.ts";
import type { Look, Said, Size } from "./look.ts";
import type { Page } from "./page.ts";

interface Question {
  text: string;
  yes: () => Promise<void>;
}

interface RoomOptions {
  store: JournalStore;
  terminal: Terminal;
  clock: Clock;
  look: Look;
  /** Runs `chaos` so that it ends neither with us nor with our terminal. */
  detach?: (args: readonly string[], changed: () => void) => DetachedChaos;
}

const tickEvery = 500;
const drawEvery = 60;
/** How long what was said stands there. */
const saidFor = 12_000;

/** What is open, asked and said in the terminal view, and what keys do everywhere in it. */
export class Room implements Disposable {
  readonly store: JournalStore;
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly look: Look;
  /** Recoveries that were started here, by their run. */
  readonly recoveries = new Map<string, DetachedChaos>();
  /** What killed runs left, put back after a halt. */
  #clearing: DetachedChaos | null = null;
  readonly #detach: NonNullable<RoomOptions["detach"]>;
  readonly #pages: Page[] = [];
  readonly #watchers = new Set<() => void>();
  readonly #left = Promise.withResolvers<void>();
  readonly #closing = new AbortController();
  #order: HaltOrder | null = null;
  #question: Question | null = null;
  #said: { words: Said; until: number } | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor({ store, terminal, clock, look, detach }: RoomOptions) {
    this.store = store;
    this.terminal = terminal;
    this.clock = clock;
    this.look = look;
    this.#detach = detach ?? ((args, changed) => new DetachedChaos(args, changed));
    void this.#tick();
  }

  /** Resolves once somebody wants to leave. */
  get left(): Promise<void> {
    return this.#left.promise;
  }

  /** Aborted when the room is closed. */
  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  leave(): void {
    this.#left.resolve();
  }

  open(page: Page): void {
    this.#pages.push(page);
    this.#said = null;
    this.changed();
  }

  /** Closes the newest page, and everything opened on top of it. */
  close(page: Page): void {
    const at = this.#pages.indexOf(page);
    if (at === -1) return;
    for (const one of this.#pages.splice(at).reverse()) one[Symbol.dispose]();
    this.changed();
  }

  /** Anything but a yes is a no. */
  ask(text: string, yes: Question["yes"]): void {
    this.#question = { text, yes };
    this.changed();
  }

  say(ink: Ink, text: string): void {
    this.#said = { words: [ink, text], until: this.clock.monotonic() + saidFor };
    this.changed();
  }

  /** What goes wrong is said, and hurts nobody else. */
  attempt(work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      const hint = error instanceof ChaosError && error.remedy !== undefined ? ` (${error.remedy})` : "";
      if (!this.signal.aborted) this.say("bad", this.terminal.redact(`${describeError(error)}${hint}`));
    });
  }

  /** Keys that were typed at once. A question is never answered by what was typed before it stood there. */
  press(keys: readonly RoomKey[]): void {
    for (const key of keys) {
      const asked = this.#question;
      this.#pressOne(key);
      if (this.#question !== null && this.#question !== asked) break;
    }
    this.#draw();
  }

  #pressOne(key: RoomKey): void {
    if (key === "ctrl-c") return this.leave();
    const question = this.#question;
    if (question) {
      this.#question = null;
      if (key === "y" || key === "Y") this.attempt(question.yes);
      else this.say("dim", "Nothing was done.");
      return;
    }
    this.#said = null;
    const page = this.#pages.at(-1);
    if (page?.press(key) || page?.typing) return;
    if (key === "q") this.leave();
    else if (key === "?") this.open(new HelpPage(this));
    else if (key === "H") this.#askHalt();
    else if (key === "R") this.#askResume();
    else if ((key === "escape" || key === "left" || key === "backspace") && page && this.#pages.length > 1)
      this.close(page);
  }

  #askHalt(): void {
    this.ask("Stop and undo EVERY run on this machine, and let none start?", async () => {
      await this.store.lever.halt({
        at: this.clock.now(),
        by: userInfo().username,
        reason: "halted in the terminal view",
      });
      await this.#lookAtLever();
      this.#clearing ??= this.#detach(["recover", "--all"], () => this.#lookAtClearing());
      this.say("warn", "Halted: live runs undo now, and what killed runs left is put back.");
    });
  }

  #lookAtClearing(): void {
    const clearing = this.#clearing;
    if (clearing?.code === undefined) return;
    this.#clearing = null;
    if (clearing.code !== 0)
      this.say("bad", "What killed runs left could not all be put back: open one of them, r says why.");
    else if (!clearing.stdout.text.includes(nothingLeft)) this.say("good", "What killed runs left is put back.");
  }

  /** Puts back what one run left. */
  recover(run: string): void {
    this.recoveries.set(
      run,
      this.#detach(["recover", run], () => this.changed()),
    );
  }

  #askResume(): void {
    if (this.#order === null) return this.say("dim", "Nothing is halted.");
    this.ask("Let runs start again?", async () => {
      await this.store.lever.resume();
      await this.#lookAtLever();
      this.say("good", "Runs may start again.");
    });
  }

  async #lookAtLever(): Promise<void> {
    this.#order = await this.store.lever.read();
  }

  async #tick(): Promise<void> {
    while (!this.signal.aborted) {
      await this.#lookAtLever().catch(() => undefined);
      this.changed();
      await this.clock.sleep(tickEvery, this.signal).catch(() => undefined);
    }
  }

  lines({ width, height }: Size): string[] {
    const page = this.#pages.at(-1);
    const banner = this.#banner();
    const body = page?.lines({ width, height: bodyHeight(height, banner !== null) }, this.look) ?? [];
    const asked: Said | null = this.#question && ["warn", this.#question.text];
    return framed(
      {
        crumbs: this.#pages.map(({ crumb }) => crumb),
        status: page?.status ?? [],
        banner,
        body,
        foot: asked ?? this.#lastSaid(),
        hints: this.#hints(page),
      },
      { width, height },
      this.look,
    );
  }

  #lastSaid(): Said | null {
    if (this.#said && this.clock.monotonic() > this.#said.until) this.#said = null;
    return this.#said?.words ?? null;
  }

  #banner(): Said | null {
    if (this.#order === null) return null;
    const { by, reason } = this.#order;
    return ["bad", `HALTED by ${by}: ${reason}. No run starts until R resumes.`];
  }

  #hints(page: Page | undefined): readonly Hint[] {
    if (this.#question) {
      return [
        ["y", "yes"],
        ["any other key", "no"],
      ];
    }
    if (page?.typing) return page.hints;
    const back: Hint[] = this.#pages.length > 1 ? [["Esc", "back"]] : [];
    const lever: Hint[] = this.#order === null ? [["H", "halt all"]] : [["R", "resume"]];
    return [...(page?.hints ?? []), ...back, ["?", "help"], ["q", "leave"], ...lever];
  }

  /** Draws soon: several changes share one picture. */
  changed(): void {
    this.#timer ??= setTimeout(() => this.#draw(), drawEvery);
  }

  #draw(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const watcher of this.#watchers) watcher();
  }

  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  [Symbol.dispose](): void {
    this.#closing.abort();
    clearTimeout(this.#timer);
    this.#watchers.clear();
    for (const page of this.#pages.splice(0).reverse()) page[Symbol.dispose]();
    for (const recovery of this.recoveries.values()) recovery[Symbol.dispose]();
    this.#clearing?.[Symbol.dispose]();
  }
}
