import { displayWidth } from "./columns.ts";

/** What a live view writes to; `process.stdout` is one. */
export interface TerminalStream {
  write(text: string): unknown;
  on(event: "error" | "resize", listener: () => void): unknown;
  off(event: "error" | "resize", listener: () => void): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  readonly writableNeedDrain?: boolean;
}

const begin = "\x1b[?2026h";
const end = "\x1b[?2026l";

/** A stream that may go away at any time (EPIPE, EIO) without anybody being hurt. */
export class Outlet {
  readonly stream: TerminalStream;
  #gone = false;

  constructor(stream: TerminalStream) {
    this.stream = stream;
    // Stays for good: a write may fail long after it was made.
    stream.on("error", () => {
      this.#gone = true;
    });
  }

  get busy(): boolean {
    return this.#gone || this.stream.writableNeedDrain === true;
  }

  write(text: string): void {
    if (this.#gone) return;
    try {
      this.stream.write(text);
    } catch {
      this.#gone = true;
    }
  }
}

/** Redraws a few lines in place: only what changed, in one write, without touching cursor or screen modes that could be left behind. */
export class Screen {
  readonly #outlet: Outlet;
  #shown: string[] = [];

  constructor(outlet: Outlet) {
    this.#outlet = outlet;
  }

  draw(lines: readonly string[]): void {
    if (lines.length === this.#shown.length && lines.every((line, index) => line === this.#shown[index])) return;
    const up = this.#shown.length > 0 ? `\x1b[${this.#shown.length}A` : "";
    const body = lines.map((line, index) => (line === this.#shown[index] ? "\n" : `${line}\x1b[K\n`));
    const rest = this.#shown.length > lines.length ? "\x1b[J" : "";
    this.#outlet.write(`${begin}\r${up}${body.join("")}${rest}${end}`);
    this.#shown = [...lines];
  }

  /** Wipes what was drawn after the terminal changed its width, where long lines now take more than one. */
  wipe(columns: number): void {
    if (this.#shown.length === 0) return;
    const taken = this.#shown.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(displayWidth(line) / Math.max(1, columns))),
      0,
    );
    this.#outlet.write(`\r\x1b[${taken}A\x1b[J`);
    this.#shown = [];
  }
}
