import type { Database } from "../database.ts";
import { mysqlBulkRows } from "../mysql/bulk-rows.ts";
import { postgresBulkRows } from "../postgres/bulk-rows.ts";
import type { BulkRows } from "./bulk-rows.ts";

export const bulkRows = ({ engine, dialect }: Database): BulkRows =>
  engine === "postgres" ? postgresBulkRows : mysqlBulkRows(dialect);
