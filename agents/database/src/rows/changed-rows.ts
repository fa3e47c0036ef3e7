import { z } from "zod";

/** A group of rows we changed: what they were, and what tells that they still are as we made them. */
export const changedRowsSchema = z.strictObject({
  schema: z.string(),
  table: z.string(),
  key: z.array(z.string()),
  columns: z.array(z.string()),
  /** Key and exact text of every column that can be written, before the change. */
  originals: z.array(z.tuple([z.array(z.string()), z.array(z.string().nullable())])),
  /** A digest of each row after the change, in the same order; null until it was made. It is committed only after that. */
  after: z.array(z.string()).nullable(),
});
export type ChangedRows = z.infer<typeof changedRowsSchema>;
