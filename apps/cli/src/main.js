import module from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

// Plain JavaScript, and nothing new in it: an old Node reads this file too, and a new one starts without its type stripper.
if (Number(process.versions.node.split(".")[0]) < 24) {
  process.stderr.write(`error: chaos needs Node 24 or newer; this is ${process.version}\n`);
  process.stderr.write("  hint: install it from https://nodejs.org\n");
  process.exit(1);
}
// In the user's own cache rather than Node's default under /tmp, where somebody else could have put code for us to run.
module.enableCompileCache(join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "chaos-agents"));

const { runCommandLine } = await import("./command-line.ts");
await runCommandLine(process.argv.slice(2));
