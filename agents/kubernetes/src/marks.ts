/** What stands on everything of ours in a cluster. */
export const domain = "chaos-agents.io";

/** The label with the run, on what we make. */
export const runLabel = `${domain}/run`;
/** The annotation with the whole mark, `chaos/RUN/FAULT`, on what we make. */
export const markAnnotation = `${domain}/mark`;
/** The annotation with the fault, on what keeps a way back. */
export const faultAnnotation = `${domain}/fault`;
/** The label of what we change. */
export const changedLabel = (run: string, fault: string): string => `${domain}/changed-${run}-${fault}`;
/** The annotation with the way back, on what we change outside of any namespace. */
export const undoAnnotation = (run: string, fault: string): string => `${domain}/undo-${run}-${fault}`;
const undoName = /^chaos-agents\.io\/undo-(.+)-([a-z0-9]+)$/;
export const readUndoAnnotation = (name: string): { run: string; fault: string } | undefined => {
  const [, run, fault] = undoName.exec(name) ?? [];
  return run === undefined ? undefined : { run, fault: fault! };
};

/** Whoever owns a workload says what may be done to it. */
export const denyAnnotation = `${domain}/deny`;
export const allowAnnotation = `${domain}/allow`;

/** As a JSON pointer takes it. */
export const pointer = (...parts: readonly (string | number)[]): string =>
  parts.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
