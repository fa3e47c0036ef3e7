/** What stands on everything of ours in a cluster. */
export const domain = "chaos-agents.io";

/** The label with the run, on what we make. */
export const runLabel = `${domain}/run`;
/** The annotation with the whole mark, `chaos/RUN/FAULT`, on what we make. */
export const markAnnotation = `${domain}/mark`;
/** The annotation of a way back, on what we change: `chaos-agents.io/undo-RUN-FAULT-N`. */
export const undoAnnotation = (run: string, fault: string, n: number): string => `${domain}/undo-${run}-${fault}-${n}`;
const undoName = new RegExp(`^${domain.replaceAll(".", "\\.")}/undo-(\\d{8}-\\d{6}-[a-z0-9]+)-(f\\d+)-(\\d+)$`);
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
