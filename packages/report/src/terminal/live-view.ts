import type { Clock, Event } from "@chaos-agents/core";
import { RunFold } from "../fold/run-fold.ts";
import { logLineText } from "./event-lines.ts";
import { liveFrame } from "./live-frame.ts";
import { type Colours, painter } from "./paint.ts";
import { Outlet, Screen, type TerminalStream } from "./screen.ts";

export interface LiveViewOptions {
  stream: TerminalStream;
  clock: Clock;
  /** Columns; the terminal's own when left out. */
  width?: number;
  color: Colours;
  unicode: boolean;
}

/** A run as it happens. Never throws, and keeps no process alive. */
export interface LiveView {
  add(event: Event): void;
  /** Draws the last picture and leaves it standing. */
  close(): void;
}

const frameEvery = 100;
const idleEvery = 500;

/** On a terminal a picture that is redrawn in place; anywhere else a plain line for every event worth one. */
export function createLiveView(options: LiveViewOptions): LiveView {
  const outlet = new Outlet(options.stream);
  return options.stream.isTTY === true ? new TerminalView(outlet, options) : new LineView(outlet, options);
}

class LineView implements LiveView {
  readonly #outlet: Outlet;
  readonly #color: Colours;
  readonly #fold = new RunFold();

  constructor(outlet: Outlet, { color }: LiveViewOptions) {
    this.#outlet = outlet;
    this.#color = color;
  }

  add(event: Event): void {
    const line = this.#fold.add(event);
    if (!line.minor) this.#outlet.write(`${logLineText(line, this.#color)}\n`);
  }

  close(): void {}
}

class TerminalView implements LiveView {
  readonly #options: LiveViewOptions;
  readonly #outlet: Outlet;
  readonly #screen: Screen;
  readonly #fold = new RunFold();
  #timer: NodeJS.Timeout | undefined;
  #due = Infinity;
  #drawnAt = -Infinity;
  #closed = false;
  readonly #resized = () => {
    this.#screen.wipe(this.#columns);
    this.#drawSoon(frameEvery);
  };

  constructor(outlet: Outlet, options: LiveViewOptions) {
    this.#options = options;
    this.#outlet = outlet;
    this.#screen = new Screen(outlet);
    options.stream.on("resize", this.#resized);
  }

  add(event: Event): void {
    if (this.#closed) return;
    this.#fold.add(event);
    this.#drawSoon(frameEvery);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#options.stream.off("resize", this.#resized);
    this.#draw();
  }

  /** At most one picture every `frameEvery`, and one now and then for the clocks in it. */
  #drawSoon(within: number): void {
    const now = this.#options.clock.monotonic();
    const due = Math.max(now, this.#drawnAt + within);
    if (due >= this.#due || this.#closed) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => {
      this.#due = Infinity;
      if (!this.#outlet.busy) this.#draw();
      this.#drawSoon(idleEvery);
    }, due - now);
    this.#timer.unref();
  }

  #draw(): void {
    const { state } = this.#fold;
    if (state.run === null) return;
    const { clock, color, unicode, stream } = this.#options;
    this.#drawnAt = clock.monotonic();
    const started = state.header.startedAt ?? clock.now();
    const lines = liveFrame(state, {
      t: Math.max(state.lastAt, clock.now() - started),
      width: this.#columns - 1,
      height: Math.max(4, (stream.rows || 24) - 1),
      paint: painter(color),
      unicode,
      live: !this.#closed,
    });
    this.#screen.draw(lines);
  }

  get #columns(): number {
    // A terminal that does not know its size says 0.
    return Math.max(20, this.#options.width ?? (this.#options.stream.columns || 80));
  }
}
