export { openStore } from "./journal-store.ts";
export { stateDirectory } from "./state-directory.ts";
export { tryLock } from "./run-lock.ts";
