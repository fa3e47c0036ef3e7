import { ChaosError } from "@chaos-agents/core";
import { FilesStage } from "@chaos-agents/testkit/files-agent";
import { expect, test } from "vitest";
import type { JournalStore, RunJournal } from "./journal-port.ts";

const everything = [{ skill: "files.overwrite" }, { skill: "files.create", params: { count: 10 } }] as const;

/** A store on a disk that is full after so many writes; what was kept back for undos lasts for `reserve` more. */
function fullAfter(store: JournalStore, writes: number, reserve: number): JournalStore {
  let room = writes;
  let kept = reserve;
  const write = <T>(work: () => Promise<T>): Promise<T> => {
    if (room-- > 0) return work();
    return Promise.reject(new ChaosError("journal-full", "there is no space left for the journal"));
  };
  const wrap = (journal: RunJournal): RunJournal => ({
    header: journal.header,
    append: (body) => write(() => journal.append(body)),
    record: (undo) => write(() => journal.record(undo)),
    revise: (undo, record) => write(() => journal.revise(undo, record)),
    settle: (undo, outcome, body) => write(() => journal.settle(undo, outcome, body)),
    pending: () => journal.pending(),
    entry: (undo) => journal.entry(undo),
    entries: () => journal.entries(),
    events: () => journal.events(),
    forgetSecrets: () => journal.forgetSecrets(),
    releaseReserve() {
      room = Math.max(room, 0) + kept;
      kept = 0;
      return journal.releaseReserve();
    },
    [Symbol.asyncDispose]: () => Promise.resolve(journal[Symbol.asyncDispose]()),
  });
  return {
    home: store.home,
    lever: store.lever,
    leverOf: (run) => store.leverOf(run),
    names: () => store.names(),
    create: async (header, options) => wrap(await store.create(header, options)),
    open: (run, options) => store.open(run, options),
    header: (run) => store.header(run),
    list: () => store.list(),
    summary: (run) => store.summary(run),
    events: (run, options) => store.events(run, options),
    entries: (run) => store.entries(run),
  };
}

/** How many writes a run makes until its faults stand. */
async function writesUntilStanding(): Promise<number> {
  await using files = await FilesStage.open();
  await files.pass(files.experiment([...everything]));
  return files.stage.events.findIndex((event) => event.type === "phase-started" && event.phase === "undo");
}

test("a journal that fills up stops the injection, and everything is undone", async () => {
  const writes = await writesUntilStanding();
  expect(writes).toBeGreaterThan(20);
  for (let at = 1; at < writes; at += 5) {
    await using files = await FilesStage.open();
    const store = fullAfter(files.stage.store, at, 1_000);
    const running = files.pass(files.experiment([...everything]), { store });
    const ended = await running.catch((error: unknown) => error);
    if (files.types().includes("fault-started")) expect(ended).toMatchObject({ verdict: "unlanded", left: [] });
    else expect(ended).toMatchObject({ code: "journal-full" });
    await files.expectAsBefore();
    expect(await store.list()).toMatchObject([{ pending: 0, live: false }]);
  }
});

test("a disk with no room for anything stops no undo, and a recovery settles what could not be written", async () => {
  await using files = await FilesStage.open();
  const store = fullAfter(files.stage.store, (await writesUntilStanding()) - 4, 0);
  const outcome = await files.pass(files.experiment([...everything]), { store });
  expect(outcome).toMatchObject({ verdict: "unlanded", left: [] });
  expect(outcome.reason).toContain("no space left");
  await files.expectAsBefore();
  expect(await store.list()).toMatchObject([{ verdict: null }]);
  expect(await files.stage.recover(outcome.run)).toMatchObject({ verdict: "interrupted", left: [] });
  await files.expectAsBefore();
  expect(await store.list()).toMatchObject([{ pending: 0, verdict: "interrupted" }]);
});

test("an event that could not be saved is told without its secrets", async () => {
  await using files = await FilesStage.open();
  const store = fullAfter(files.stage.store, (await writesUntilStanding()) - 1, 0);
  const redact = (text: string) => text.replaceAll("f02", "***");
  await files.pass(files.experiment([...everything]), { store, redact });
  const undone = files.stage.of("undo-finished");
  expect(undone).not.toEqual([]);
  expect(JSON.stringify(undone)).not.toContain("f02");
});
