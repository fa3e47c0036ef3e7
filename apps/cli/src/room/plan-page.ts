import type { Event, PlannedFaultView } from "@chaos-agents/core";
import { RunFold, type RunState, wrapped } from "@chaos-agents/report";
import { planText } from "../run/plan-text.ts";
import { DetachedChaos, type Spoken, askChaos } from "./chaos-child.ts";
import type { ExperimentFile } from "./experiment-files.ts";
import type { Hint } from "./frame.ts";
import type { RoomKey } from "./keys.ts";
import type { Look, Said, Size } from "./look.ts";
import type { Page } from "./page.ts";
import type { Room } from "./room.ts";
import { RunPage } from "./run-page.ts";
import { Scroll } from "./scroll.ts";

/** What a file would touch, to be approved; then it is started. */
export class PlanPage implements Page {
  readonly crumb: string;
  readonly #room: Room;
  readonly #file: ExperimentFile;
  /** The page to close once a run has begun. */
  readonly #onto: Page;
  readonly #closing = new AbortController();
  readonly #scroll = new Scroll();
  #spoken: Spoken | null = null;
  #plans: readonly Plan[] = [];
  #starting: DetachedChaos | null = null;
  #opened = false;

  constructor(room: Room, file: ExperimentFile, { onto }: { onto: Page }) {
    this.#room = room;
    this.#file = file;
    this.#onto = onto;
    this.crumb = file.path;
    const signal = AbortSignal.any([room.signal, this.#closing.signal]);
    room.attempt(async () => {
      this.#spoken = await askChaos(["run", file.path, "--dry-run", "--json"], signal).catch((error: unknown) => {
        if (signal.aborted) return null;
        throw error;
      });
      this.#plans = this.#spoken === null ? [] : plansIn(this.#spoken.stdout);
      room.changed();
    });
  }

  get #ready(): boolean {
    return this.#spoken?.code === 0 && this.#starting === null;
  }

  get hints(): readonly Hint[] {
    return this.#ready ? [["a", "approve and start"]] : [];
  }

  get status(): readonly Said[] {
    const { place } = this.#scroll;
    const said: Said =
      this.#starting !== null
        ? ["accent", "starting"]
        : this.#spoken === null
          ? ["accent", "looking"]
          : this.#spoken.code === 0
            ? ["good", "ready"]
            : ["bad", "cannot be run"];
    return [said, ...(place === null ? [] : [["dim", place] as const])];
  }

  lines({ width, height }: Size, look: Look): readonly string[] {
    return this.#scroll.window(this.#text(width, look), height);
  }

  #text(width: number, { paint, ellipsis }: Look): readonly string[] {
    const spoken = this.#spoken;
    const failed = this.#starting?.code === undefined ? null : this.#starting;
    if (failed && !this.#opened) return this.#trouble("It did not start:", failed.stderr.text, width, paint);
    if (spoken === null) return ["", `  ${paint("dim", `A dry run: looking at what is there${ellipsis}`)}`];
    const { terminal } = this.#room;
    const plans = this.#plans
      .map(({ state }) => state)
      .filter(({ faults, findings, phases }) => faults.length > 0 || findings.length > 0 || phases.length > 1)
      .flatMap((state) => [
        ...planText(state, terminal, { stream: terminal.stdout, width: width - 2 }).split("\n"),
        "",
        ...(state.reason === null
          ? []
          : wrapped(state.reason, width - 2).map((line) => paint(spoken.code === 0 ? "good" : "bad", line))),
        ...(state.remedy === null ? [] : wrapped(`hint: ${state.remedy}`, width - 2)),
        "",
      ]);
    if (spoken.code === 0)
      return [...plans, paint("accent", "a approves this plan and starts it.")].map((line) => ` ${line}`);
    const told = this.#plans.some(({ state }) => state.reason !== null)
      ? []
      : this.#trouble("It cannot be run:", spoken.stderr, width, paint);
    return [...plans.map((line) => ` ${line}`), ...told];
  }

  #trouble(title: string, text: string, width: number, paint: Look["paint"]): string[] {
    const said = text.trim() === "" ? ["It said nothing."] : text.trimEnd().split("\n");
    const lines = said.flatMap((line) => {
      const indent = /^ */.exec(line)![0].slice(0, 20);
      const parts = wrapped(line, Math.max(10, width - 2 - indent.length));
      return parts.length === 0 ? [""] : parts.map((part) => ` ${indent}${part}`);
    });
    return [` ${paint("bad", title)}`, "", ...lines];
  }

  press(key: RoomKey): boolean {
    if (key !== "a") return this.#scroll.press(key);
    if (this.#ready) this.#room.ask(`Start ${this.#file.names.join(", ")}?`, () => this.#start());
    return true;
  }

  async #start(): Promise<void> {
    if (this.#starting !== null) return;
    // Of several experiments each has a plan of its own, and the option knows one.
    const [plan, ...others] = this.#plans;
    const { planDigest } = await import("@chaos-agents/engine");
    const approved = plan && others.length === 0 ? ["--approved", planDigest(plan.faults)] : [];
    const args = ["run", this.#file.path, "--yes", "--json", ...approved];
    this.#starting = new DetachedChaos(args, () => this.#heard());
    this.#room.changed();
  }

  /** Its first event says which run it is; from then on its journal tells the rest. */
  #heard(): void {
    this.#room.changed();
    const run = this.#starting?.stdout.text.match(/^\{.*"type":"run-started".*$/m)?.[0];
    if (run === undefined || this.#opened) return;
    this.#opened = true;
    const event = JSON.parse(run) as Event;
    this.#starting![Symbol.dispose]();
    this.#room.attempt(async () => {
      const summary = await this.#room.store.summary(event.run);
      this.#room.close(this.#onto);
      this.#room.open(new RunPage(this.#room, summary));
    });
  }

  [Symbol.dispose](): void {
    this.#closing.abort();
    this.#starting?.[Symbol.dispose]();
  }
}

interface Plan {
  state: Readonly<RunState>;
  faults: readonly PlannedFaultView[];
}

/** The plan of each experiment in a dry run's events. */
function plansIn(text: string): Plan[] {
  const events = text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Event);
  const starts = events.flatMap(({ type }, index) => (type === "run-started" ? [index] : []));
  return starts.map((start, index) => {
    const own = events.slice(start, starts[index + 1]);
    const fold = new RunFold();
    for (const event of own) fold.add(event);
    return { state: fold.state, faults: own.find((event) => event.type === "planned")?.faults ?? [] };
  });
}
