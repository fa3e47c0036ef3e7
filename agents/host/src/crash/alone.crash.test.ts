import { crashMatrix, crashTable, crashTotals } from "@chaos-agents/testkit/crash";
import { expect, test } from "vitest";
import { CrashHost, crashHostMissing } from "./crash-host.fixture.ts";
import { mixture } from "./host-faults.fixture.ts";

const missing = crashHostMissing();
if (missing && process.env["CI"] === "true") throw new Error(missing);

test.skipIf(missing)(
  "a host whose controller was killed anywhere heals itself, and nothing of ours remains",
  async () => {
    await using host = await CrashHost.start(mixture);
    const report = await crashMatrix({
      seed: 4,
      name: "a host that nobody recovers",
      ...host.subject({ lease: "2s", patience: 30_000 }),
      healsItself: true,
      ...(process.env["CRASH_POINTS"] === undefined && { points: 5 }),
    });
    console.log(crashTable(report), host.seen);
    const { kills, landed, residues } = crashTotals(report);
    expect(residues).toEqual([]);
    expect(landed, "a fault was there in some of the kills").toBeGreaterThan(0);
    expect(kills - landed, "and none in others").toBeGreaterThan(0);
  },
);
