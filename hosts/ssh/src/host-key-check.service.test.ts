import { execFileSync } from "node:child_process";
import { mkdtempDisposable, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ChaosError } from "@chaos-agents/core";
import { sshdMissing, type SshServer, startSshd } from "@chaos-agents/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { configFor, open } from "./sshd.fixture.ts";
import type { SshHostConfig } from "./ssh-host-config.ts";

const missing = process.env["CI"] === "true" ? undefined : sshdMissing();
const addresses = ["127.0.1.1", "127.0.1.2", "127.0.1.3", "127.0.1.4"];

let server: SshServer;
let ed25519: string;
let ecdsa: string;
beforeAll(async () => {
  if (missing) return;
  server = await startSshd({ addresses });
  [ed25519, ecdsa] = server.hostKeys as [string, string];
});
afterAll(() => server?.stop());

let folder: { path: string } & AsyncDisposable;
let file: string;
beforeEach(async () => {
  folder = await mkdtempDisposable(join(tmpdir(), "chaos-known-hosts-"));
  file = join(folder.path, "known_hosts");
});
afterEach(() => folder[Symbol.asyncDispose]());

const name = () => `[${server.host}]:${server.port}`;
const strict = (): SshHostConfig => configFor(server, undefined, { known_hosts: file });
const acceptNew = (host = server.host): SshHostConfig => ({ ...strict(), host, host_key_check: "accept-new" });
const refusal = (config: SshHostConfig) =>
  open(config).then(
    async (host) => {
      await host[Symbol.asyncDispose]();
      throw new Error("it was let in");
    },
    (error: ChaosError) => error,
  );
const letIn = async (config: SshHostConfig) => (await open(config))[Symbol.asyncDispose]();
const fingerprint = (key: string) =>
  execFileSync("ssh-keygen", ["-lf", "-"], { input: key, encoding: "utf8" }).split(" ")[1]!;
const otherKey = () => {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder.path, "other")]);
  return readFile(join(folder.path, "other.pub"), "utf8").then((text) => text.split(" ", 2).join(" "));
};

describe.skipIf(missing !== undefined)("the host key", () => {
  test("of a host that nobody knows is refused, with the line that would make it known", async () => {
    const error = await refusal(strict());
    expect(error.code).toBe("target-unreachable");
    expect(error.message).toContain(`${server.host}:${server.port} is not known`);
    expect(error.message).toContain(fingerprint(ed25519));
    expect(error.message).toContain(file);
    expect(error.remedy).toContain(`${name()} ${ed25519}`);
    expect(await readdir(folder.path)).toEqual([]);
    await writeFile(file, `${error.facts["line"] as string}\n`);
    await letIn(strict());
  });

  test("is found by a hashed name, as ssh-keygen makes it", async () => {
    await writeFile(file, `${name()} ${ed25519}\n`);
    execFileSync("ssh-keygen", ["-q", "-H", "-f", file], { stdio: "ignore" });
    expect(await readFile(file, "utf8")).toMatch(/^\|1\|/);
    await letIn(strict());
  });

  test("is asked for in the kind that we know", async () => {
    await writeFile(file, `${name()} ${ecdsa}\n`);
    await letIn(strict());
  });

  test("that has changed is refused, also by accept-new, and both are shown", async () => {
    const other = await otherKey();
    const text = `# mine\n${name()} ${other}\n`;
    await writeFile(file, text);
    for (const config of [strict(), acceptNew()]) {
      const error = await refusal(config);
      expect(error.code).toBe("target-unreachable");
      expect(error.message).toMatch(/has changed/);
      expect(error.message).toContain(fingerprint(ed25519));
      expect(error.message).toContain(`${fingerprint(other)} (line 2)`);
    }
    expect(await readFile(file, "utf8")).toBe(text);
  });

  test("that is revoked is refused", async () => {
    await writeFile(file, `${name()} ${ed25519}\n@revoked * ${ed25519}\n`);
    expect((await refusal(strict())).message).toMatch(/is revoked: .* line 2/);
  });

  test("that only an authority vouches for is refused, and it is said why", async () => {
    await writeFile(file, `@cert-authority * ${await otherKey()}\n`);
    for (const config of [strict(), acceptNew()]) {
      expect((await refusal(config)).message).toMatch(/certificate authority only .* not supported/);
    }
  });

  test("is written down by accept-new, once, whatever stands there already", async () => {
    await writeFile(file, "# no newline at the end", { mode: 0o640 });
    await letIn(acceptNew());
    await letIn(acceptNew());
    expect(await readFile(file, "utf8")).toBe(`# no newline at the end\n${name()} ${ed25519}\n`);
    expect((await stat(file)).mode & 0o777).toBe(0o640);
    await letIn(strict());
  });

  test("is written down for many hosts at once, into a file of our own making", async () => {
    file = join(folder.path, "new/known_hosts");
    await Promise.all([...addresses, ...addresses].map((host) => letIn(acceptNew(host))));
    const lines = (await readFile(file, "utf8")).trim().split("\n").toSorted();
    expect(lines).toEqual(addresses.map((host) => `[${host}]:${server.port} ${ed25519}`));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(execFileSync("ssh-keygen", ["-F", name(), "-f", file], { encoding: "utf8" })).toContain(ed25519);
  });

  test("cannot be checked with a file that cannot be read", async () => {
    file = folder.path;
    expect(await refusal(strict())).toMatchObject({
      code: "permission-missing",
      message: expect.stringContaining(file),
    });
  });
});
