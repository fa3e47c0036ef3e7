import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ChaosError } from "@chaos-agents/core";
import { findProgram } from "../servers/find-program.ts";

/** As go.mod has it. */
const version = "v1.36.3";
const source = join(import.meta.dirname, "../../kube");

/** Go is no part of what we install; whoever has it has the tests. */
export const kubeMissing = (): string | undefined =>
  findGo() ? undefined : "Go is not installed, which the control plane for tests is built with";

const findGo = () => findProgram("go") ?? findProgram("/usr/local/go/bin/go");

/**
 * Path of the program that is every part of a control plane. Built where it is not there yet: once for all processes, in
 * the user's cache, by what it is made from. The first time takes ten minutes of two processors.
 */
export async function kubeProgram(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const go = findGo();
  if (!go) throw new ChaosError("unsupported", kubeMissing()!, { remedy: "Install Go 1.26 or newer" });
  const hash = createHash("sha256");
  for (const file of ["go.mod", "go.sum", "main.go"]) hash.update(await readFile(join(source, file)));
  const cache = env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  const folder = join(cache, "chaos-agents", "kube", hash.digest("hex").slice(0, 16));
  await mkdir(folder, { recursive: true });
  const program = join(folder, "kube");
  const build = `[ -x "$2" ] || { cd "$3" && "$1" build -trimpath -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=$4" -o "$2.new" . && mv "$2.new" "$2"; }`;
  await promisify(execFile)("flock", [join(folder, "lock"), "sh", "-c", build, "build", go, program, source, version], {
    env: { ...env, CGO_ENABLED: "0", GOTOOLCHAIN: "local", GOFLAGS: "" },
    maxBuffer: 64 * 1024 * 1024,
  });
  return program;
}

if (import.meta.main) {
  const why = kubeMissing();
  console.log(why === undefined ? await kubeProgram() : `${why}: its tests are skipped`);
}
