import { readFile } from "node:fs/promises";
import xterm from "@xterm/headless";
import { launcher, type Playground, type Started } from "./chaos.ts";

interface ScreenOptions {
  cols?: number;
  rows?: number;
  env?: Record<string, string | undefined>;
  args?: string;
  command?: string;
}

/** `chaos` on a terminal of its own, and what a person would see there. */
export class TerminalScreen {
  readonly running: Started;
  readonly #terminal: xterm.Terminal;
  readonly #ttyFile: string;
  readonly #playground: Playground;
  readonly #watchers = new Set<() => void>();
  #raw = "";
  #over = false;

  constructor(
    playground: Playground,
    { cols = 80, rows = 24, env = {}, args = "", command = launcher }: ScreenOptions = {},
  ) {
    this.#playground = playground;
    this.#terminal = new xterm.Terminal({ cols, rows, allowProposedApi: true });
    this.#ttyFile = playground.path(`tty-${Math.random().toString(36).slice(2)}`);
    // What stands there already has to be there again at the end, and the terminal as it was.
    const typed = [
      `stty cols ${cols} rows ${rows}; tty > ${this.#ttyFile}; echo BEFORE; stty -g > ${this.#ttyFile}.before`,
      `sh -c 'echo $$ > ${this.#ttyFile}.pid; exec ${command} ${args}'; echo "AFTER $?"`,
      `stty -g | cmp - ${this.#ttyFile}.before && echo AS BEFORE; echo END`,
    ].join("; ");
    this.running = playground.start(["-qfc", typed, "/dev/null"], {
      command: "script",
      env: { TERM: "xterm-256color", ...env },
    });
    this.running.child.stdout!.on("data", (text: string) => {
      this.#raw += text;
      this.#terminal.write(text, () => this.#wake());
    });
    void this.running.ended.then(() => {
      this.#over = true;
      this.#terminal.write("", () => this.#wake());
    });
  }

  /** The lines that are seen now. */
  get lines(): string[] {
    const { active } = this.#terminal.buffer;
    return Array.from(
      { length: this.#terminal.rows },
      (_, row) => active.getLine(active.viewportY + row)?.translateToString(true) ?? "",
    );
  }

  get text(): string {
    return this.lines.join("\n");
  }

  /** Everything that was ever written, as it was. */
  get raw(): string {
    return this.#raw;
  }

  get alternate(): boolean {
    return this.#terminal.buffer.active.type === "alternate";
  }

  /** Resolves with the screen once this is seen on it; throws when the program ends without. */
  async shows(wanted: string | RegExp): Promise<string> {
    return await this.until(
      (text) => (typeof wanted === "string" ? text.includes(wanted) : wanted.test(text)),
      String(wanted),
    );
  }

  async until(fits: (text: string) => boolean, what = "that"): Promise<string> {
    const late = setTimeout(() => this.#giveUp(what), 30_000);
    try {
      for (;;) {
        const { text } = this;
        if (fits(text)) return text;
        if (this.#over) throw new Error(`${what} was never seen:\n${text}`);
        await new Promise<void>((resolve) => this.#watchers.add(resolve));
      }
    } finally {
      clearTimeout(late);
    }
  }

  #giveUp(what: string): void {
    this.#over = true;
    console.error(`gave up waiting for ${what}:\n${this.text}`);
    this.#wake();
  }

  type(keys: string): void {
    this.running.child.stdin!.write(keys);
  }

  async resize(cols: number, rows: number): Promise<void> {
    const tty = (await readFile(this.#ttyFile, "utf8")).trim();
    this.#terminal.resize(cols, rows);
    const { code, stderr } = await this.#playground.run(["-F", tty, "cols", `${cols}`, "rows", `${rows}`], {
      command: "stty",
    });
    if (code !== 0) throw new Error(`stty: ${stderr}`);
  }

  /** The process of `chaos` itself. */
  async pid(): Promise<number> {
    return Number(await readFile(`${this.#ttyFile}.pid`, "utf8"));
  }

  #wake(): void {
    for (const resolve of this.#watchers) resolve();
    this.#watchers.clear();
  }
}

export const keys = {
  enter: "\r",
  escape: "\u001b",
  tab: "\t",
  up: "\u001b[A",
  down: "\u001b[B",
  end: "\u001b[F",
  home: "\u001b[H",
  pageUp: "\u001b[5~",
  pageDown: "\u001b[6~",
  ctrlC: "\u0003",
};
