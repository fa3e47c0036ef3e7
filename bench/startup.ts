import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./chaos.ts";
import { type BenchRow, median } from "./table.ts";

const turns = 15;

/** What a command costs before it does anything, over an empty Node process; commands as `make build` makes them. */
export function startupRows(): BenchRow[] {
  execFileSync(process.execPath, [join(root, "apps/cli/build.ts")], { cwd: root, stdio: "ignore" });
  const built = join(root, "dist/chaos-agents/chaos");
  if (!existsSync(built)) throw new Error(`${built} was not built`);
  const env = { ...process.env, PATH: `${join(root, "node_modules/.bin")}:${process.env["PATH"]}` };
  const commands: [string, string[]][] = [
    [process.execPath, ["-e", "0"]],
    [built, ["--version"]],
    [built, ["validate", join(root, "config/example-db.yaml")]],
  ];
  const times = commands.map(() => [] as number[]);
  for (let turn = -1; turn < turns; turn++) {
    for (const [i, [program, args]] of commands.entries()) {
      const started = performance.now();
      execFileSync(program, args, { env, stdio: "ignore" });
      if (turn >= 0) times[i]!.push(performance.now() - started);
    }
  }
  const [bare, version, validate] = times.map(median) as [number, number, number];
  const row = (what: string, ms: number, aim: number): BenchRow => ({
    what,
    ours: `${Math.round(ms)} ms`,
    rival: `${Math.round(bare)} ms node -e 0`,
    ratio: ms / bare,
    aim: `≤ + ${aim} ms`,
    met: ms - bare <= aim,
  });
  return [row("chaos --version", version, 150), row("chaos validate", validate, 250)];
}
