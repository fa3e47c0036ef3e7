export * from "./journal-port.ts";
