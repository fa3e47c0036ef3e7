export { CrashBed, type CrashSubject } from "./crash-bed.ts";
export { CrashChild } from "./crash-child.ts";
export { crashMatrix, type CrashMatrix } from "./crash-matrix.ts";
export type { CatalogPlace, CrashTask } from "./crash-spec.ts";
export { crashTable, crashTotals, type CrashCell, type CrashReport } from "./crash-table.ts";
export { databaseCrash, type DatabaseFault } from "./database-crash.ts";
