/** What a page takes of it: nothing of Node, and no schemas. */
export * from "./counted.ts";
export { formatDuration } from "./format-duration.ts";
export * from "./phases.ts";
