/** What runs inside vitest only. */
export { type ForEachOptions, forEachDatabase, type TestDatabase } from "./databases.ts";
