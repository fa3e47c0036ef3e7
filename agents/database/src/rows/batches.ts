import { ChaosError, counted } from "@chaos-agents/core";
import { tableKey } from "../choose-tables.ts";
import { Refusals } from "./refusals.ts";
import type { RowSources } from "./row-maker.ts";

/** The batches of an insertion: whole ones, and the halves of those that the server refused, down to single rows. */
export class Batches {
  inserted = 0;
  /** Rows in all batches so far, refused ones too. */
  attempted = 0;
  readonly rows: number;
  readonly #table: string;
  readonly #refusals = new Refusals();
  readonly #limited: boolean;
  #waiting: number[];
  #untried = 0;

  constructor({ table, references }: RowSources, rows: number, atOnce: number) {
    this.#table = tableKey(table);
    this.rows = Math.min(rows, references?.rows.length ?? rows);
    this.#limited = this.rows < rows;
    const rest = this.rows % atOnce;
    const whole = Array.from({ length: Math.floor(this.rows / atOnce) }, () => atOnce);
    this.#waiting = rest > 0 ? [rest, ...whole] : whole;
  }

  /** The size of the next batch; undefined when there is none. */
  next(): number | undefined {
    return this.#waiting.pop();
  }

  isOfRows = this.#refusals.isOfRows.bind(this.#refusals);

  /** The server took a batch of `size`, and made `rows` rows of it. */
  accept(size: number, rows: number): void {
    this.attempted += size;
    this.inserted += rows;
  }

  /** Throws when nothing gets through. */
  refuse(size: number, error: unknown): void {
    this.attempted += size;
    if (size > 1) this.#waiting.push(Math.ceil(size / 2), Math.floor(size / 2));
    else this.#refusals.note(error);
    if (this.#refusals.areHopeless(this.inserted)) throw this.#notLanded(error);
    if (!this.#refusals.areTooMany) return;
    this.#untried = this.#waiting.reduce((sum, waiting) => sum + waiting, 0);
    this.#waiting = [];
  }

  /** What people should know; throws when not one row got through. */
  notes(): string[] {
    if (this.inserted === 0) throw this.#notLanded();
    const untried = this.#untried > 0 ? `; ${counted(this.#untried, "more was", "more were")} not tried` : "";
    return [
      ...(this.#limited
        ? [`${this.#table} has room for ${counted(this.rows, "row")} only: each must point elsewhere`]
        : []),
      ...(this.#refusals.rows > 0 ? [`the server refused ${this.#refusals.describe()}${untried}`] : []),
    ];
  }

  #notLanded(cause?: unknown): ChaosError {
    const why =
      this.#refusals.rows > 0
        ? `the server refuses every row made up for ${this.#table}: ${this.#refusals.describe()}`
        : `${this.#table} has no room for another row: all that it could point to is taken`;
    return new ChaosError("fault-not-landed", why, {
      cause,
      remedy: "give the table a few rows to copy from, or leave it out of tables",
    });
  }
}
