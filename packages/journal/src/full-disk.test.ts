import { spawnSync } from "node:child_process";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { startChild } from "./fixtures/child.ts";

// Many syncs, on a disk that may be busy.
vi.setConfig({ testTimeout: 60_000 });

// A mount in a namespace of its own goes away with the child, however the child ends.
const unshare = ["unshare", "--user", "--map-root-user", "--mount"];
const smallDisk = 'mount -t tmpfs -o size=6m tmpfs "$0" && exec "$@"';
const possible = spawnSync("unshare", [...unshare.slice(1), "sh", "-c", smallDisk, tmpdir(), "true"]).status === 0;

test("a full disk refuses events, and the space kept back lets every undo be journaled", async ({ skip }) => {
  if (!process.env.CI) skip(!possible, "this machine does not let us mount a small disk (unshare --user --mount)");
  await using home = await mkdtempDisposable(join(tmpdir(), "chaos-journal-"));
  await using child = startChild("fill-the-disk", [home.path], [...unshare, "sh", "-c", smallDisk, home.path]);
  const { value } = await child.lines.next();
  expect(JSON.parse(value)).toEqual({
    grouped: ["journal-full", "journal-full"],
    created: "journal-full",
    seen: { events: 3, pending: 3 },
    folders: ["live", "stopped"],
    released: [true, false],
    settled: ["done", "done", "done"],
    seqs: [1, 2, 3, 4, 5, 6, 7],
    listed: [
      { run: "live", damaged: null, pending: 0 },
      { run: "stopped", damaged: null, pending: 1 },
    ],
    late: "done",
  });
});
