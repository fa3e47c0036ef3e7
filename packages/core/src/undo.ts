import { z } from "zod";

/** What an undo is worth: put back and proven the same; put right but seen; or nothing to put back. */
export const reversalSchema = z.enum(["exact", "compensated", "recovers-by-itself"]);
export type Reversal = z.infer<typeof reversalSchema>;

/** How one undo ended. `conflict`: somebody else changed it since; theirs was kept. */
export const undoOutcomeSchema = z.enum(["undone", "already", "conflict", "failed"]);
export type UndoOutcome = z.infer<typeof undoOutcomeSchema>;

export interface UndoResult {
  outcome: UndoOutcome;
  /** One line for people: what was put back, or why not. */
  detail: string;
  /** What stays different even so (advanced sequences, trigger effects, others' changes), one line each. */
  remains?: string[];
}

/** Identifies one undo record within its run; handed back to the generator that yielded it. */
export type UndoId = number;

/** What an inject generator yields: a new undo record, or a fuller version of one it yielded before. */
export interface UndoStep<Undo> {
  record: Undo;
  revises?: UndoId;
}
