import type { Event, UndoOutcome } from "@chaos-agents/core";
import type { UndoEntry } from "@chaos-agents/engine";
import * as fc from "fast-check";
import { expect, test, vi } from "vitest";
import { makeHome } from "./fixtures/home.ts";
import { asItIs, header, note, undo, undoFinished } from "./fixtures/samples.ts";
import { openStore } from "./index.ts";

// Many syncs, on a disk that may be busy.
vi.setConfig({ testTimeout: 60_000 });

/** What a journal promises, in a few lines of memory. */
class Model {
  readonly seen: string[] = [];
  readonly undos: UndoEntry[] = [];

  record(record: unknown) {
    const id = this.undos.length + 1;
    this.undos.push({ ...undo(record), undo: id, revision: 0, outcome: null });
    this.seen.push(`undo-recorded ${id} 0`);
  }

  revise(id: number, record: unknown) {
    const entry = this.undos[id - 1]!;
    this.undos[id - 1] = { ...entry, record, revision: entry.revision + 1 };
    this.seen.push(`undo-recorded ${id} ${entry.revision + 1}`);
  }

  settle(id: number, outcome: UndoOutcome) {
    this.undos[id - 1] = { ...this.undos[id - 1]!, outcome };
    this.seen.push(`undo-finished ${id} ${outcome}`);
  }
}

const say = (event: Event): string =>
  event.type === "undo-recorded"
    ? `undo-recorded ${event.undo} ${event.revision}`
    : event.type === "undo-finished"
      ? `undo-finished ${event.undo} ${event.outcome}`
      : event.type === "fault-noted"
        ? event.message
        : event.type;

const step = fc.oneof(
  fc.record({ do: fc.constant("append" as const), text: fc.string({ unit: "binary" }) }),
  fc.record({ do: fc.constant("record" as const), record: fc.jsonValue() }),
  fc.record({ do: fc.constant("revise" as const), pick: fc.nat(), record: fc.jsonValue() }),
  fc.record({
    do: fc.constant("settle" as const),
    pick: fc.nat(),
    outcome: fc.constantFrom<UndoOutcome>("undone", "already", "conflict", "failed"),
  }),
  fc.record({ do: fc.constant("wait" as const) }),
  fc.record({ do: fc.constant("reopen" as const) }),
);

test("any interleaving of calls leaves what a list in memory would hold", async () => {
  await using home = await makeHome();
  const store = openStore(home.path);
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const run = `r${++runs}`;
      const model = new Model();
      let journal = await store.create(header(run), { redact: asItIs });
      let waiting: Promise<unknown>[] = [];
      // Ids are only known once recorded, so that is what revise and settle choose from.
      let known = 0;
      const settleAll = async () => {
        await Promise.all(waiting);
        waiting = [];
        known = model.undos.length;
      };
      try {
        for (const call of steps) {
          if (call.do === "wait") await settleAll();
          else if (call.do === "append") {
            waiting.push(journal.append(note(call.text)));
            model.seen.push(call.text);
          } else if (call.do === "record") {
            waiting.push(journal.record(undo(call.record)));
            model.record(call.record);
          } else if (call.do === "reopen") {
            await settleAll();
            await journal[Symbol.asyncDispose]();
            journal = await store.open(run, { redact: asItIs });
          } else if (known > 0) {
            const id = 1 + (call.pick % known);
            if (call.do === "revise") {
              waiting.push(journal.revise(id, call.record));
              model.revise(id, call.record);
            } else {
              waiting.push(journal.settle(id, call.outcome, undoFinished(id, call.outcome)));
              model.settle(id, call.outcome);
            }
          }
        }
        await settleAll();

        const events = [...journal.events()];
        expect(events.map(say)).toEqual(model.seen);
        expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
        expect(model.undos.map((entry) => journal.entry(entry.undo))).toEqual(JSON.parse(JSON.stringify(model.undos)));
        const open = model.undos.filter(({ outcome }) => outcome === null || outcome === "failed");
        expect(journal.pending().map((entry) => entry.undo)).toEqual(open.map((entry) => entry.undo).reverse());
        expect(await store.entries(run)).toEqual(journal.entries());
        expect(await Array.fromAsync(store.events(run))).toEqual(events);
        expect(await store.summary(run)).toMatchObject({ pending: open.length, live: true });
      } finally {
        await journal[Symbol.asyncDispose]();
      }
    }),
  );
});
