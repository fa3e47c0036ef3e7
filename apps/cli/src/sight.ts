import type { Sight } from "@chaos-agents/core";
import type { TargetMarks } from "@chaos-agents/engine";

/** Claims no more than what was looked for. */
export const nothingOfOurs = (sight: Sight | null) =>
  sight === null ? "nothing of ours" : `no ${sight.marked} of ours`;

/** What could be there all the same, one line for each kind of target that is like that. */
export function limitsOfSight(targets: readonly TargetMarks[]): string[] {
  const lines = targets.flatMap(({ sight }) =>
    sight === null
      ? []
      : [`Only ${sight.marked} carry our mark; ${sight.unmarked} that a run changed are known to its journal alone.`],
  );
  return [...new Set(lines)];
}
