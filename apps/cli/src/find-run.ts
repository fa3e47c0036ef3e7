import { ChaosError } from "@chaos-agents/core";
import type { JournalStore, RunSummary } from "@chaos-agents/engine";

/** The run that `word` means: `last`, an id, or the beginning of exactly one. */
export async function findRun(store: JournalStore, word: string): Promise<RunSummary> {
  const runs = await store.list();
  const [newest] = runs;
  if (word === "last" && newest) return newest;
  const exact = runs.find(({ run }) => run === word);
  if (exact) return exact;
  const matching = word === "" ? [] : runs.filter(({ run }) => run.startsWith(word));
  const [only, ...others] = matching;
  if (only && others.length === 0) return only;
  if (only) {
    throw new ChaosError("unknown-run", `${matching.length} runs begin with "${word}"`, {
      remedy: `type more of one: ${matching
        .slice(0, 5)
        .map(({ run }) => run)
        .join(", ")}`,
    });
  }
  throw new ChaosError("unknown-run", runs.length === 0 ? "no run was made yet" : `there is no run "${word}"`, {
    remedy: runs.length === 0 ? "make one with `chaos run FILE`" : "see `chaos runs`; `last` is the newest",
  });
}
