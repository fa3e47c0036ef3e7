import { crashMatrix, crashTable, crashTotals } from "@chaos-agents/testkit/crash";
import { describe, expect, test } from "vitest";
import { CrashHost, crashHostMissing } from "./crash-host.fixture.ts";
import { packets, processes, things } from "./host-faults.fixture.ts";

const missing = crashHostMissing();
if (missing && process.env["CI"] === "true") throw new Error(missing);

describe.skipIf(missing)("a host over SSH", () => {
  test.for([
    { what: "files, settings and a processor", faults: things, username: "root", seed: 1 },
    { what: "processes", faults: processes, username: "chaos", seed: 2 },
    { what: "packets", faults: packets, username: "root", seed: 3 },
  ])("$what, killed anywhere, are as before once the run is recovered", async ({ what, faults, username, seed }) => {
    await using host = await CrashHost.start(faults, username);
    const report = await crashMatrix({
      name: `${what}, over SSH as ${username}`,
      seed,
      ...host.subject({ lease: "10m", patience: 5_000 }),
      ...(process.env["CRASH_POINTS"] === undefined && { points: 6 }),
    });
    console.log(crashTable(report), host.seen);
    const { kills, landed, residues } = crashTotals(report);
    expect(residues).toEqual([]);
    expect(landed, "a fault was there in some of the kills").toBeGreaterThan(0);
    expect(kills - landed, "and none in others").toBeGreaterThan(0);
    for (const [skill, times] of host.seen) expect(times, `${skill} was there in some of the kills`).toBeGreaterThan(0);
  });
});
