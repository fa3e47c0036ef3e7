import type { JournalStore, RunJournal } from "@chaos-agents/engine";
import type { CrashTask } from "./crash-spec.ts";

const kindOf = (body: { type: string; phase?: string }) => ["event", body.type, body.phase ?? []].flat().join(" ");

/** A store that counts every write to its journals, and calls `hold` before or after one of them is on disk. */
export function holdingStore(
  store: JournalStore,
  at: CrashTask["hold"],
  hold: () => void,
): JournalStore & { writes: string[] } {
  const writes: string[] = [];
  const write = async <T>(kind: string, commit: () => Promise<T>): Promise<T> => {
    const isFirst = !writes.includes(kind);
    const n = writes.push(kind);
    const isIt = at?.write === n || (isFirst && at?.write === kind);
    if (isIt && at.side === "before") hold();
    const written = await commit();
    if (isIt && at.side === "after") hold();
    return written;
  };
  const wrap = (journal: RunJournal): RunJournal => ({
    header: journal.header,
    append: (body) => write(kindOf(body), () => journal.append(body)),
    record: (undo) => write("undo record", () => journal.record(undo)),
    revise: (undo, record) => write("undo revision", () => journal.revise(undo, record)),
    settle: (undo, outcome, body) => write("undo result", () => journal.settle(undo, outcome, body)),
    forgetSecrets: () => write("secrets forgotten", () => journal.forgetSecrets()),
    pending: () => journal.pending(),
    entry: (undo) => journal.entry(undo),
    entries: () => journal.entries(),
    events: () => journal.events(),
    releaseReserve: () => journal.releaseReserve(),
    [Symbol.asyncDispose]: () => Promise.resolve(journal[Symbol.asyncDispose]()),
  });
  return {
    writes,
    home: store.home,
    lever: store.lever,
    leverOf: (run) => store.leverOf(run),
    names: () => store.names(),
    create: (header, options) => write("run created", async () => wrap(await store.create(header, options))),
    open: async (run, options) => wrap(await store.open(run, options)),
    header: (run) => store.header(run),
    list: () => store.list(),
    summary: (run) => store.summary(run),
    events: (run, options) => store.events(run, options),
    entries: (run) => store.entries(run),
  };
}
