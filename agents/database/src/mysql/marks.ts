import { createHash } from "node:crypto";
import type { Ask, OurSession } from "../dialect.ts";
import type { Session } from "../session.ts";
import { refuses } from "./errors.ts";

/**
 * MySQL names no sessions, so ours hold two named locks, which the server frees with the session, after its rollback:
 * `chaos-agents/slot/7`, one of a known number of slots, lets a sweep find every session of ours; `7#<mark>` finds those of
 * one mark.
 */
const side = 64;
const slots = side * side;
const slotLock = (slot: number | string) => `chaos-agents/slot/${slot}`;

/** MySQL takes names of up to 64 characters, of which the slot needs five. */
const short = (mark: string) =>
  mark.length <= 58 ? mark : `chaos/${createHash("sha256").update(mark).digest("hex").slice(0, 40)}`;
const markLock = (slot: number | string, mark: string) => `${slot}#${short(mark)}`;

const digits = `(${Array.from({ length: side }, (_, k) => (k === 0 ? "SELECT 0 AS k" : `SELECT ${k}`)).join(" UNION ALL ")})`;
const everySlot = `(SELECT a.k * ${side} + b.k AS k FROM ${digits} a CROSS JOIN ${digits} b) slot`;

/** Takes a slot and the mark's lock on it. Connections that come together have neighbouring ids, so they do not compete. */
export async function takeMark(session: Session, mark: string): Promise<void> {
  for (let tried = 0; tried < slots; tried++) {
    const slot = (Number(session.id) + tried) % slots;
    const locks = [slotLock(slot), markLock(slot, mark)];
    const [taken] = await session.query("SELECT GET_LOCK(?, 0) AS slot, GET_LOCK(?, 0) AS mark", locks);
    if (taken?.["slot"] === "1" && taken["mark"] === "1") return;
    await session.query("SELECT RELEASE_LOCK(?), RELEASE_LOCK(?)", locks);
  }
  throw new Error(`all ${slots} slots for sessions of ours are taken on this server`);
}

export async function listOurSessions(ask: Ask, mark?: string): Promise<OurSession[]> {
  if (mark !== undefined) {
    const rows = await ask(`SELECT k, IS_USED_LOCK(CONCAT(k, ?)) AS id FROM ${everySlot} HAVING id IS NOT NULL`, [
      markLock("", mark),
    ]);
    return rows.map(({ id }) => ({ id: id!, mark, detail: "" }));
  }
  const rows = await ask(
    `SELECT k, IS_USED_LOCK(CONCAT('${slotLock("")}', k)) AS id FROM ${everySlot} HAVING id IS NOT NULL`,
  );
  const marks = await marksByAttribute(ask);
  return rows.map(({ id }) => ({ id: id!, mark: marks.get(id!) ?? null, detail: "" }));
}

/** Whole marks stand in the connection attributes, where performance_schema is on and open to us. */
async function marksByAttribute(ask: Ask): Promise<Map<string, string>> {
  try {
    const rows = await ask(`
      SELECT processlist_id AS id, attr_value AS mark FROM performance_schema.session_account_connect_attrs
       WHERE attr_name = 'program_name' AND attr_value LIKE 'chaos/%'`);
    return new Map(rows.map((row) => [row["id"]!, row["mark"]!]));
  } catch (error) {
    if (refuses(error, "permission") || refuses(error, "missing")) return new Map();
    throw error;
  }
}
