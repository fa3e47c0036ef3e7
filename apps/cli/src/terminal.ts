import { createInterface } from "node:readline/promises";
import { styleText } from "node:util";
import type { Redact } from "@chaos-agents/core";
import type { Colours } from "@chaos-agents/report";

type Style = Parameters<typeof styleText>[0];

/** Where a command's words go: results to stdout, words about them to stderr, secrets to neither. */
export class Terminal {
  readonly stdout = process.stdout;
  readonly stderr = process.stderr;
  readonly env = process.env;
  readonly #closed = new AbortController();
  readonly #redacts: Redact[] = [];

  constructor() {
    // Whoever read our output may leave (`| head`, a closed window): that must never be what ends an undo.
    for (const stream of [this.stdout, this.stderr]) {
      stream.on("error", (error: Error) => this.#closed.abort(error));
    }
  }

  /** Aborted once nobody can read what we write any more. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** A person is there to be asked. */
  get interactive(): boolean {
    return process.stdin.isTTY && this.stderr.isTTY;
  }

  /** A person is there, at a terminal whose whole screen can be drawn on. */
  get fullScreen(): boolean {
    return process.stdin.isTTY && this.stdout.isTTY && this.env["TERM"] !== "dumb";
  }

  /** From now on these secrets are hidden in everything written. */
  hide(redact: Redact): void {
    this.#redacts.push(redact);
  }

  readonly redact: Redact = (text) => this.#redacts.reduce((shown, redact) => redact(shown), text);

  /** Part of the result, in whole lines. */
  print(text = ""): void {
    this.write(this.stdout, `${text}\n`);
  }

  /** About the result, in whole lines. */
  say(text = ""): void {
    this.write(this.stderr, `${text}\n`);
  }

  /** A secret that is meant for whoever reads: as it is. */
  reveal(text: string): void {
    if (!this.closed.aborted) this.stdout.write(`${text}\n`);
  }

  printJson(value: unknown): void {
    this.print(JSON.stringify(value, null, 2));
  }

  write(stream: NodeJS.WriteStream, text: string): void {
    if (!this.closed.aborted) stream.write(this.redact(text));
  }

  colours(stream: NodeJS.WriteStream): Colours {
    const { NO_COLOR, FORCE_COLOR } = this.env;
    if (NO_COLOR || FORCE_COLOR === "0" || FORCE_COLOR === "false") return false;
    if (FORCE_COLOR !== undefined) return FORCE_COLOR === "2" || FORCE_COLOR === "3" ? "many" : true;
    if (!stream.isTTY || !stream.hasColors()) return false;
    return stream.getColorDepth() >= 8 ? "many" : true;
  }

  style(style: Style, text: string, stream: NodeJS.WriteStream = this.stdout): string {
    return this.colours(stream) ? styleText(style, text, { validateStream: false }) : text;
  }

  /** Columns to fit into; undefined where nobody looks, as in a pipe. */
  width(stream: NodeJS.WriteStream = this.stdout): number | undefined {
    // A terminal that does not know its size says 0.
    return stream.isTTY ? Math.max(20, stream.columns || 80) : undefined;
  }

  /** Whether more than ASCII can be shown; where nothing says otherwise, it can. */
  get unicode(): boolean {
    const locale = this.env["LC_ALL"] || this.env["LC_CTYPE"] || this.env["LANG"];
    return !locale || /utf-?8/i.test(locale);
  }

  /** How a report for people is to look there. */
  textOptions(stream: NodeJS.WriteStream): { color: Colours; width: number; unicode: boolean } {
    return { color: this.colours(stream), width: this.width(stream) ?? 100, unicode: this.unicode };
  }

  /** A line typed by the person, or undefined when they leave the question (Ctrl-D, or `signal`). */
  async ask(question: string, signal?: AbortSignal): Promise<string | undefined> {
    const lines = createInterface({ input: process.stdin, output: this.stderr });
    const left = new AbortController();
    lines.once("close", () => left.abort());
    // The prompt takes Ctrl-C from the terminal, so it has to be handed on to where every other one goes.
    lines.on("SIGINT", () => {
      if (process.listenerCount("SIGINT") > 0) process.emit("SIGINT");
      else process.kill(process.pid, "SIGINT");
      left.abort();
    });
    try {
      return await lines.question(this.redact(question), {
        signal: AbortSignal.any([left.signal, this.closed, ...(signal ? [signal] : [])]),
      });
    } catch (error) {
      if (!(error instanceof Error) || error.name !== "AbortError") throw error;
      this.say();
      return undefined;
    } finally {
      lines.close();
    }
  }

  /** Anything but a clear yes is a no. */
  async confirm(question: string, signal?: AbortSignal): Promise<boolean> {
    const answer = await this.ask(`${question} [y/N] `, signal);
    return answer !== undefined && /^\s*y(es)?\s*$/i.test(answer);
  }

  /** Resolves once everything written has left, or cannot leave any more. */
  async flush(): Promise<void> {
    const gone = (stream: NodeJS.WriteStream) =>
      new Promise<void>((resolve) => {
        if (this.closed.aborted) resolve();
        else stream.write("", () => resolve());
      });
    await Promise.all([gone(this.stdout), gone(this.stderr)]);
  }
}
