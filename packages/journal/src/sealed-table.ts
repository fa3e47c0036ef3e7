import type { DatabaseSync, StatementSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import { ChaosError, describeError } from "@chaos-agents/core";

/**
 * Rows of JSON, numbered from 1 without gaps, each sealed with a checksum over its table, number and text: SQLite sees
 * a broken structure, not a flipped bit in a value.
 */
export class SealedTable<T> {
  readonly #db: DatabaseSync;
  readonly #name: string;
  #put: StatementSync | undefined;
  #get: StatementSync | undefined;

  constructor(db: DatabaseSync, name: string) {
    this.#db = db;
    this.#name = name;
  }

  static schema(name: string): string {
    return `CREATE TABLE ${name} (id INTEGER PRIMARY KEY, json TEXT NOT NULL, seal INTEGER NOT NULL) STRICT`;
  }

  put(id: number, value: T): void {
    this.putJson(id, toJson(value));
  }

  /** The same for a value already in JSON. */
  putJson(id: number, json: string): void {
    this.#put ??= this.#db.prepare(
      `INSERT INTO ${this.#name} VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET json = excluded.json, seal = excluded.seal`,
    );
    this.#put.run(id, json, this.#seal(id, json));
  }

  get(id: number): T {
    this.#get ??= this.#db.prepare(`SELECT id, json, seal FROM ${this.#name} WHERE id = ?`);
    return this.#unseal(id, this.#get.get(id));
  }

  /** The rows numbered `first` to `last`; throws when one of them is not there. */
  range(first: number, last: number): T[] {
    const length = Math.max(0, last - first + 1);
    const rows = this.#db
      .prepare(`SELECT id, json, seal FROM ${this.#name} WHERE id >= ? ORDER BY id LIMIT ?`)
      .all(first, length);
    return Array.from({ length }, (_, index) => this.#unseal(first + index, rows[index]));
  }

  #unseal(id: number, row: Record<string, unknown> | undefined): T {
    if (row?.id !== id) throw new Error(`${this.#name} ${id} is missing`);
    const json = String(row.json);
    if (row.seal !== this.#seal(id, json)) throw new Error(`${this.#name} ${id} does not match its checksum`);
    return JSON.parse(json) as T;
  }

  #seal(id: number, json: string): number {
    return crc32(json, crc32(`${this.#name} ${id}`));
  }
}

/** JSON of a value, or a `ChaosError` where it has none. */
export function toJson(value: unknown): string {
  try {
    const json: string | undefined = JSON.stringify(value);
    if (json !== undefined) return json;
  } catch (error) {
    throw new ChaosError("internal", `Only plain JSON can be journaled: ${describeError(error)}`, { cause: error });
  }
  throw new ChaosError("internal", `Only plain JSON can be journaled, not ${typeof value}`);
}
