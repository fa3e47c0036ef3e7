import { cp } from "node:fs/promises";
import type { HostPhotograph } from "@chaos-agents/testkit";
import { lastingDifferences } from "@chaos-agents/testkit/contract";
import { CrashBed, type CrashChild } from "@chaos-agents/testkit/crash";
import { openStore } from "@chaos-agents/journal";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CrashHost, crashHostMissing, isCommand } from "./crash-host.fixture.ts";
import { fewFiles } from "./host-faults.fixture.ts";

const missing = crashHostMissing();
if (missing && process.env["CI"] === "true") throw new Error(missing);

/** Who puts the host back while its controller sleeps. */
const others: Record<
  string,
  {
    lease: string;
    putBack?: (bed: CrashBed<HostPhotograph>, home: string) => Promise<void>;
    /** Wakes the sleeper, and waits for its end, in the middle of putting back. */
    midway?: (bed: CrashBed<HostPhotograph>, home: string, wake: () => Promise<void>) => Promise<void>;
  }
> = {
  "somebody with a copy of its journal": {
    lease: "15s",
    async putBack(bed, home) {
      await using copy = await bed.home();
      await cp(home, copy.path, { recursive: true });
      expect(await bed.recoverAll(copy.path)).toEqual([]);
    },
  },
  "somebody without a journal": {
    lease: "15s",
    async putBack(bed) {
      await using empty = await bed.home();
      await using sweeping = bed.start({ home: empty.path, sweep: true });
      expect(await sweeping.ended()).toMatchObject({ left: [] });
    },
  },
  "somebody with a copy of its journal, who is not done yet": {
    lease: "15s",
    async midway(bed, home, wake) {
      await using copy = await bed.home();
      await cp(home, copy.path, { recursive: true });
      const [summary] = await openStore(copy.path).list();
      await using slow = bed.start({
        home: copy.path,
        recover: summary!.run,
        hold: { write: "undo result", side: "before" },
      });
      expect(await slow.hears("holds")).toBeDefined();
      await wake();
      slow.goOn();
      expect(await slow.ended()).toMatchObject({ left: [] });
    },
  },
  "the host itself": { lease: "2s" },
};

/** Where it falls asleep. */
interface Sleeper extends AsyncDisposable {
  child: CrashChild;
  wake(): void;
}
type FallAsleep = (bed: CrashBed<HostPhotograph>, home: string) => Promise<Sleeper>;

const atWrite =
  (which: (writes: readonly string[]) => number): FallAsleep =>
  async (bed, home) => {
    const child = bed.start({ home, standFor: 20_000, hold: { write: which(bed.writes) + 1, side: "after" } });
    expect(await child.hears("holds")).toBeDefined();
    return { child, wake: () => child.goOn(), [Symbol.asyncDispose]: () => child.kill() };
  };

const places: Record<string, FallAsleep> = {
  "while its faults stand": atWrite((writes) => writes.indexOf("event phase-started observe")),
  "about to make its second change": atWrite((writes) =>
    writes.indexOf("undo record", writes.indexOf("undo record") + 1),
  ),
  async "with its second change on the way"(bed, home) {
    const { wire } = bed.subject;
    const proxy = await wire!.open();
    const onItsWay = Promise.withResolvers<void>();
    const arrives = Promise.withResolvers<void>();
    // arming, the first, the second
    proxy.onMessageLike(isCommand, 3, () => {
      onItsWay.resolve();
      return arrives.promise;
    });
    const child = bed.start({ home, standFor: 20_000, experiment: wire!.through(bed.subject.experiment, proxy) });
    await onItsWay.promise;
    return {
      child,
      wake: () => arrives.resolve(),
      async [Symbol.asyncDispose]() {
        await child.kill();
        await proxy[Symbol.asyncDispose]();
      },
    };
  },
};

const all = Object.keys(others).flatMap((who, i) =>
  Object.keys(places).map((where, j) => ({ who, where, isSampled: i === j || (i === 3 && j === 1) })),
);
const cases = process.env["CRASH_POINTS"] === undefined ? all.filter(({ isSampled }) => isSampled) : all;

describe.skipIf(missing)("a controller that slept", () => {
  let host: CrashHost;
  const beds = new Map<string, Promise<CrashBed<HostPhotograph>>>();
  const bedFor = (lease: string) => {
    if (!beds.has(lease)) beds.set(lease, CrashBed.make(host.subject({ lease, patience: 20_000 })));
    return beds.get(lease)!;
  };
  beforeAll(async () => {
    host = await CrashHost.start(fewFiles);
  });
  afterAll(() => host[Symbol.asyncDispose]());

  test.for(cases)("$where, is healed behind by $who, and breaks nothing again", async ({ who, where }) => {
    const bed = await bedFor(others[who]!.lease);
    await using home = await bed.home();
    await using sleeper = await places[where]!(bed, home.path);
    await sleeper.child.freeze();
    expect(await bed.subject.landed()).toBe(true);
    const { putBack, midway } = others[who]!;
    const wake = async () => {
      sleeper.wake();
      sleeper.child.thaw();
      const { verdict, reason, left } = await sleeper.child.ended();
      expect({ verdict, left }).toEqual({ verdict: "unlanded", left: [] });
      expect(reason).toMatch(/may not change it any more|has healed itself/);
    };
    if (midway) await midway(bed, home.path, wake);
    else {
      await putBack?.(bed, home.path);
      expect(await lastingDifferences(bed.subject.oracle, bed.before)).toEqual([]);
      const awake = new AbortController();
      const woken = wake().finally(() => awake.abort());
      while (!awake.signal.aborted) expect(await bed.subject.landed(), "it is broken again").toBe(false);
      await woken;
    }
    expect(await lastingDifferences(bed.subject.oracle, bed.before)).toEqual([]);
  });
});
