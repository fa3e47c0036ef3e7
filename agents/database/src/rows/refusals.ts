import { describeError, counted } from "@chaos-agents/core";
import type { Refusal } from "../dialect.ts";

const ofRows: ReadonlySet<Refusal> = new Set(["duplicate", "foreign-key", "check", "not-null", "value"]);
const hopelessAfter = 40;
const enough = 1_000;

/** Rows the server would not take, by reason. */
export class Refusals {
  readonly #reasons = new Map<string, number>();
  rows = 0;

  /** Whether a statement failed because of a row in it, so that a smaller one may pass. */
  isOfRows(refusal: Refusal): boolean {
    return ofRows.has(refusal);
  }

  note(error: unknown, rows = 1): void {
    const { constraint, code } = error as { constraint?: string; code?: string };
    const reason = constraint ? `${constraint} (${code})` : describeError(error);
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + rows);
    this.rows += rows;
  }

  /** Nothing has got through yet, and more will not either. */
  areHopeless(accepted: number): boolean {
    return accepted === 0 && this.rows >= hopelessAfter;
  }

  /** Each refused row costs a transaction of its own: there is an end to that. */
  get areTooMany(): boolean {
    return this.rows >= enough;
  }

  describe(): string {
    const reasons = [...this.#reasons].map(([reason, rows]) => `${rows.toLocaleString("en-US")} by ${reason}`);
    return `${counted(this.rows, "row")}: ${reasons.join(", ")}`;
  }
}
