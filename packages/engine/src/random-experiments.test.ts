import type { Event, SkillUse } from "@chaos-agents/core";
import { runOut } from "@chaos-agents/testkit/contract";
import { FilesStage, type Trouble, fileNumber } from "@chaos-agents/testkit/files-agent";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { StopSource } from "./stop-source.ts";

const names = [1, 2, 3, 4].map(fileNumber);
const someFiles = fc.subarray(names, { minLength: 1 });
const fewFiles = fc.subarray([...names, "*"], { maxLength: 2 });

const use = fc
  .record({
    what: fc.oneof(
      fc.record({ skill: fc.constant("files.overwrite" as const), params: fc.record({ files: someFiles }) }),
      fc.record({
        skill: fc.constant("files.create" as const),
        params: fc.record({ count: fc.integer({ min: 1, max: 4 }) }),
      }),
    ),
    count: fc.integer({ min: 1, max: 2 }),
    at: fc.option(fc.integer({ min: 0, max: 3_000 }), { nil: undefined, freq: 2 }),
    duration: fc.option(fc.integer({ min: 1, max: 6_000 }), { nil: undefined }),
  })
  .map(({ what, ...times }): Pick<SkillUse, "skill"> & Partial<SkillUse> => ({ ...what, ...times }));

const trouble: fc.Arbitrary<Trouble> = fc.record(
  { failInject: fewFiles, failUndo: fewFiles, failFence: fewFiles, blind: fewFiles },
  { requiredKeys: [] },
);

const scenario = fc.record({
  uses: fc.array(use, { minLength: 1, maxLength: 4 }),
  parallel: fc.boolean(),
  trouble: fc.oneof({ weight: 2, arbitrary: fc.constant<Trouble>({}) }, { weight: 3, arbitrary: trouble }),
  /** After how many events somebody stops the run, once or twice. */
  stops: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 2 }),
});

/** Which thing of ours a difference is about. */
const thingOf = (difference: string) => (difference.startsWith("made-") ? "made" : difference.split(" ")[0]!);

test("whatever happens, the directory is as it was, or the outcome lists exactly what is not", async () => {
  const verdicts = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(scenario, async ({ uses, parallel, trouble, stops }) => {
      await using files = await FilesStage.open({ files: names.length });
      await files.files.trouble(trouble);
      const stop = new StopSource();
      let told = 0;
      const stopAt = (event: Event) => {
        told++;
        if (stops.includes(told) && event.type !== "run-finished") stop.stop("interrupt", `at event ${told}`);
      };
      const experiment = files.experiment(uses, { parallel });
      const running = files.stage.run(experiment, { stop, listeners: [files.stage.tell, stopAt] });
      const scheduled = uses.some(({ at }) => at !== undefined);
      const standing = files.stage.seen("phase-started", ({ phase }) => phase === "observe" || phase === "undo");
      if (!scheduled) await Promise.race([standing, running]);
      const outcome = await runOut(files.clock, running, scheduled ? () => told : undefined);
      verdicts.set(outcome.verdict, (verdicts.get(outcome.verdict) ?? 0) + 1);

      const differing = new Set((await files.differences()).map(thingOf));
      const listed = new Set(outcome.left.map(({ thing }) => thing));
      expect(
        [...differing].filter((thing) => !listed.has(thing)),
        "nothing is left unsaid",
      ).toEqual([]);
      expect(outcome.verdict === "rollback-incomplete").toBe(listed.size > 0);
      const summary = await files.stage.store.summary(outcome.run);
      expect(summary.pending, "the journal knows what is left").toBe(outcome.left.length);
      if (!trouble.failUndo?.length && !trouble.failFence?.length) expect([...listed], "nothing failed").toEqual([]);
      files.expectWellKept();
      const types = files.types();
      expect(types.at(-1), "nothing is said after the end").toBe("run-finished");
      const undoing = files.stage.events.findIndex((event) => event.type === "phase-started" && event.phase === "undo");
      expect(types.lastIndexOf("undo-recorded"), "nothing is made once the undo began").toBeLessThan(
        undoing === -1 ? types.length : undoing,
      );

      await files.files.trouble({});
      expect(await files.stage.recover(outcome.run), "once mended, recovery finishes").toMatchObject({ left: [] });
      await files.expectAsBefore();
    }),
    { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 18), seed: Number(process.env["PROPERTY_SEED"] ?? 7) },
  );
  const ends = ["interrupted", "passed", "rollback-incomplete", "unlanded"];
  expect([...verdicts.keys()].sort(), "the scenarios reach every kind of end").toEqual(ends);
});
