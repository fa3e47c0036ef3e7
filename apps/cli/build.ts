import { execFileSync } from "node:child_process";
import { chmod, cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { experimentJsonSchema } from "@chaos-agents/experiment-file";
import { catalog } from "@chaos-agents/catalog";
import { type OutputChunk, rolldown } from "rolldown";

/** Bundles the command line into a folder that needs nothing beside it but Node. */
const root = join(import.meta.dirname, "../..");
const folder = join(root, "dist/chaos-agents");

await rm(folder, { recursive: true, force: true });
const bundle = await rolldown({
  input: join(import.meta.dirname, "src/main.js"),
  platform: "node",
  // pg asks for its native twin only when told to, and answers without it.
  external: ["pg-native", "cloudflare:sockets", "cpu-features", /sshcrypto\.node$/],
  // Of React only what users need, and nothing of what Ink has for its own developers.
  transform: { define: { "process.env.NODE_ENV": '"production"' } },
  plugins: [{ name: "no-devtools", load: (id) => (/\/ink\/build\/devtools\.js$/.test(id) ? "export {};" : null) }],
  treeshake: true,
});
const { output } = await bundle.write({
  dir: join(folder, "lib"),
  format: "esm",
  entryFileNames: "main.mjs",
  chunkFileNames: "[name]-[hash].mjs",
  minify: "dce-only",
});
await bundle.close();

const chunks = output.filter((one): one is OutputChunk => one.type === "chunk");
await writeFile(join(folder, "THIRD-PARTY-LICENSES"), await licences(chunks.flatMap(({ moduleIds }) => moduleIds)));
await writeFile(join(folder, "experiment.schema.json"), `${JSON.stringify(experimentJsonSchema(catalog), null, 2)}\n`);
await cp(join(root, "LICENSE"), join(folder, "LICENSE"));
// What runs on other machines is text, read where the code that sends it looks for it.
const runner = join(root, "agents/host/src/runner");
for (const name of (await readdir(runner)).filter((one) => one.endsWith(".sh")))
  await cp(join(runner, name), join(folder, "lib", name));
await cp(join(root, "hosts/microvm/src/guest"), join(folder, "guest"), { recursive: true });
const pages = join(root, "apps/web");
execFileSync("npx", ["vite", "build", "--outDir", join(folder, "web"), "--emptyOutDir"], {
  cwd: pages,
  stdio: ["ignore", "ignore", "inherit"],
});
await cp(join(import.meta.dirname, "launcher.sh"), join(folder, "chaos"));
await chmod(join(folder, "chaos"), 0o755);
await mkdir(join(root, "dist"), { recursive: true });
const bytes = chunks.reduce((sum, { code }) => sum + Buffer.byteLength(code), 0);
console.log(`dist/chaos-agents: ${chunks.length} chunks, ${(bytes / 1e6).toFixed(1)} MB`);

/** The licence of every package whose code went into the bundle: most ask that it travels along. */
async function licences(modules: readonly string[]): Promise<string> {
  const inPackage = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//;
  const packages = [...new Set(modules.flatMap((id) => inPackage.exec(id)?.[1] ?? []))].sort();
  const texts = packages.map(async (path) => {
    const { name, version, license } = JSON.parse(await readFile(join(path, "package.json"), "utf8"));
    const file = (await readdir(path)).find((one) => /^(licen[cs]e|copying)/i.test(one));
    const text = file === undefined ? `Licence: ${license}` : await readFile(join(path, file), "utf8");
    return `${name} ${version}\n\n${text.trim()}\n`;
  });
  return (await Promise.all(texts)).join(`\n${"-".repeat(80)}\n\n`);
}
