import { z } from "zod";

/** A group of rows we changed: what they were, and what tells that they still are as we made them. */
export const changedRowsSchema = z.strictObject({
  schema: z.string(),
  table: z.string(),
  key: z.array(z.string()),
  columns: z.array(z.string()),
  /** Key and exact text of these columns, before the change. */
  originals: z.array(z.tuple([z.array(z.string()), z.array(z.string().nullable())])),
  /**
   * The rows' versions after the change: the transaction that makes it, or a digest of each row in the same order. Null
   * until those can be read; it is committed only after that.
   */
  after: z.union([z.strictObject({ xid: z.string() }), z.array(z.string())]).nullable(),
});
export type ChangedRows = z.infer<typeof changedRowsSchema>;
