import { ChaosError, type Event, systemClock } from "@chaos-agents/core";
import { planDigest } from "@chaos-agents/engine";
import { type LiveView, RunFold, createEventLines, createLiveView, renderText } from "@chaos-agents/report";
import type { Terminal } from "../terminal.ts";
import { planText } from "./plan-text.ts";

interface ScreenOptions {
  dryRun?: boolean;
  yes?: boolean;
  json?: boolean;
  approved?: string;
  /** Whether events are kept for reports. */
  keep: boolean;
}

/** How many things of a fault are named before the question; the dry run names all. */
const namedThings = 20;

/** One run as it is shown: the plan, the question, the run going on, the summary. */
export class RunScreen {
  readonly events: Event[] = [];
  readonly #terminal: Terminal;
  readonly #options: ScreenOptions;
  readonly #stream: NodeJS.WriteStream;
  readonly #fold = new RunFold();
  readonly #lineOf: ((event: Event) => string | undefined) | undefined;
  /** Until there is a plan to show, events wait for the live view. */
  #early: Event[] = [];
  #live: LiveView | undefined;
  #planShown = false;
  #digest: string | undefined;

  constructor(terminal: Terminal, options: ScreenOptions) {
    this.#terminal = terminal;
    this.#options = options;
    this.#stream = options.json ? terminal.stderr : terminal.stdout;
    const color = terminal.colours(this.#stream);
    if (!this.#isLive && !options.dryRun) this.#lineOf = createEventLines({ color });
  }

  /** A live picture needs a terminal to itself that can move its cursor. */
  get #isLive(): boolean {
    const alone = !this.#options.json || !this.#terminal.stdout.isTTY;
    return alone && this.#stream.isTTY && this.#terminal.env["TERM"] !== "dumb";
  }

  readonly listener = (event: Event): void => {
    this.#fold.add(event);
    if (event.type === "planned") this.#digest = planDigest(event.faults);
    if (this.#options.keep) this.events.push(event);
    if (this.#options.json) this.#terminal.print(JSON.stringify(event));
    const line = this.#lineOf?.(event);
    if (line !== undefined) this.#write(line);
    if (this.#live) this.#live.add(event);
    else if (this.#isLive && !this.#options.dryRun) this.#early.push(event);
  };

  /** The run's id; null before it began. */
  get run(): string | null {
    return this.#fold.state.run;
  }

  async approve(signal: AbortSignal): Promise<boolean> {
    this.#showPlan(namedThings);
    const { approved } = this.#options;
    if (approved !== undefined && approved !== this.#digest) {
      throw new ChaosError(
        "side-effects-refused",
        "the plan is not the one that was approved: what is there has changed",
        {
          remedy: "Look at a new dry run, and approve that",
        },
      );
    }
    if (!this.#options.yes && this.#terminal.interactive && !(await this.#terminal.confirm("Run it?", signal))) {
      return false;
    }
    if (this.#isLive) {
      const { unicode } = this.#terminal;
      const color = this.#terminal.colours(this.#stream);
      this.#live = createLiveView({ stream: this.#stream, clock: systemClock, color, unicode });
      for (const event of this.#early.splice(0)) this.#live.add(event);
    }
    return true;
  }

  /** Shows how it ended; returns the exit code that stands for it. */
  finish(): number {
    this.close();
    const { report } = this.#fold;
    if (!this.#planShown && report.faults.length > 0) this.#showPlan();
    if (this.#options.dryRun) {
      const well = report.verdict === "observed";
      this.#write(
        `${this.#terminal.style(well ? "green" : "red", well ? "" : "error: ", this.#stream)}${report.reason}`,
      );
      if (report.remedy !== null) this.#write(`  hint: ${report.remedy}`);
    } else {
      this.#write(`\n${renderText(report, this.#terminal.textOptions(this.#stream)).trimEnd()}`);
    }
    return report.exitCode ?? 1;
  }

  tellReport(path: string): void {
    this.#write(`\nReport: ${path}`);
  }

  close(): void {
    this.#live?.close();
    this.#live = undefined;
  }

  #showPlan(most?: number): void {
    this.#planShown = true;
    this.#write(planText(this.#fold.state, this.#terminal, { stream: this.#stream, ...(most ? { most } : {}) }));
    const seed = `To repeat what it chose by chance: --seed ${this.#fold.state.header.seed}`;
    this.#write(`\n${this.#terminal.style("dim", seed, this.#stream)}\n`);
  }

  #write(text: string): void {
    this.#terminal.write(this.#stream, `${text}\n`);
  }
}
