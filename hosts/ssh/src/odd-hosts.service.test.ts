import { appendFile, mkdtempDisposable, readFile, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ChaosError } from "@chaos-agents/core";
import { allGone, processTree, sshdMissing, type SshServer, startSshd } from "@chaos-agents/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configFor, open, outsideOf } from "./sshd.fixture.ts";

const missing = process.env["CI"] === "true" ? undefined : sshdMissing();
const root = process.getuid?.() === 0;
const password = "Only sudo may know this 4711";

let server: SshServer;
beforeAll(async () => {
  if (missing || !root) return;
  server = await startSshd({
    users: [
      { name: "amy", password, sudo: "asks" },
      { name: "ben", shell: "/bin/bash", sudo: "free" },
      { name: "tty", sudo: "free" },
      { name: "nobody-special" },
    ],
    settings: { MaxSessions: "3" },
  });
});
afterAll(() => server?.stop());

/** What becoming root ends with, where the survey has already said that it will. */
async function sudoRefusal(username: string, sudo_password?: string): Promise<ChaosError> {
  await using host = await open(configFor(server, username, { sudo_password }));
  expect(host.survey.root).toBe("none");
  const error = await host.exec(["id"], { root: true }).then(
    () => expect.fail("it became root"),
    (error: ChaosError) => error,
  );
  expect(error.code).toBe("permission-missing");
  expect(JSON.stringify([error.message, error.remedy, error.facts])).not.toContain("4711");
  return error;
}

describe.skipIf(missing !== undefined || !root)("sudo", () => {
  test("that asks for a password is refused with what to put in sudoers", async () => {
    const error = await sudoRefusal("amy");
    expect(error.message).toBe(`sudo asks amy for a password on ${server.host}`);
    expect(error.remedy).toContain("amy ALL=(root) NOPASSWD: ALL");
    expect(error.remedy).toContain("sudo_password");
  });

  test("that does not take the password says so", async () => {
    expect((await sudoRefusal("amy", `${password}!`)).message).toContain("does not take the password of amy");
  });

  test("that is not for everybody says so", async () => {
    expect((await sudoRefusal("nobody-special")).remedy).toContain("nobody-special ALL=(root) NOPASSWD: ALL");
  });

  test("that wants a terminal says so", async () => {
    await appendFile(server.path("/etc/sudoers"), "Defaults:tty requiretty\n");
    expect((await sudoRefusal("tty")).remedy).toContain("Defaults:tty !requiretty");
  });

  test("gets the password, and nobody else does: not the command, not the list of processes", async () => {
    await using host = await open(configFor(server, "amy", { sudo_password: password }));
    const said: string[] = [];
    const running = host.exec(["sh", "-c", "env; cat; echo; sleep 0.3"], {
      root: true,
      stdin: "input",
      onOutput: (chunk) => said.push(Buffer.from(chunk).toString()),
    });
    const lines: string[] = [];
    const watching = new AbortController();
    void running.finally(() => watching.abort());
    while (!watching.signal.aborted) lines.push(...(await outsideOf(server, "/").commandLines()));
    await running;
    expect(said.join("")).toContain("input");
    expect(lines.join("\n")).toContain("sudo -k -S");
    for (const text of [...said, ...lines]) expect(text).not.toContain("4711");
  });
});

/** What carries the user's commands dies; the commands do not. */
async function killSessions(username: string): Promise<void> {
  const killed: number[] = [];
  for (const pid of await processTree(server.pid)) {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (command.startsWith(`sshd: ${username}`)) {
      process.kill(pid, "SIGKILL");
      killed.push(pid);
    }
  }
  expect(killed).not.toEqual([]);
  await allGone(killed);
}

describe.skipIf(missing !== undefined || !root)("a host", () => {
  test("whose profile talks is listened to from where the command begins", async () => {
    await writeFile(server.path("/home/ben/.bashrc"), "echo Welcome; echo Beware >&2; printf 'no newline'\n");
    await using host = await open(configFor(server, "ben"));
    for (const root of [false, true]) {
      const result = await host.exec(["sh", "-c", "echo out; echo err >&2"], { root });
      expect(result).toEqual({ code: 0, killedBy: null, stdout: "out\n", stderr: "err\n" });
    }
  });

  test("that allows few sessions at once gets no more", async () => {
    await using host = await open(configFor(server, "nobody-special"));
    const all = Array.from({ length: 20 }, (_, i) => String(i));
    const results = await Promise.all(all.map((word) => host.exec(["sh", "-c", 'sleep 0.05; echo "$1"', "sh", word])));
    expect(results.map(({ stdout }) => stdout.trim())).toEqual(all);
  });

  test("that allows few sessions at once still lets us end a command", async () => {
    await using host = await open(configFor(server, "nobody-special"));
    const seconds = "987654321";
    const stop = new AbortController();
    const all = Array.from({ length: 10 }, () => host.exec(["sleep", seconds], { signal: stop.signal }));
    const ended = Promise.allSettled(all);
    const sleeping = async () =>
      (await outsideOf(server, "/").commandLines()).filter((line) => line === `sleep ${seconds}`);
    while ((await sleeping()).length < 2);
    stop.abort(new Error("enough"));
    for (const one of await ended) expect(one).toMatchObject({ status: "rejected", reason: { message: "enough" } });
    expect(await sleeping()).toEqual([]);
  });

  test("whose sshd dies in the middle of a command is gone", async () => {
    await using host = await open(configFor(server, "nobody-special"));
    const ready = Promise.withResolvers<void>();
    const running = host.exec(["sh", "-c", "echo ready; sleep 60"], { onOutput: () => ready.resolve() });
    const failing = expect(running).rejects.toMatchObject({
      code: "target-unreachable",
      message: expect.stringContaining(`${server.host} is gone`),
      remedy: expect.any(String),
    });
    await ready.promise;
    await killSessions("nobody-special");
    await failing;
    expect(await host.lost).toBeTruthy();
    await expect(host.exec(["true"])).rejects.toMatchObject({ code: "target-unreachable" });
  });

  test("that loses us in the middle of an upload keeps its old file, and nothing of the new one", async () => {
    await using host = await open(configFor(server, "nobody-special"));
    await using local = await mkdtempDisposable(join(tmpdir(), "chaos-upload-"));
    await writeFile(join(local.path, "big"), "");
    await truncate(join(local.path, "big"), 2 ** 31);
    const outside = outsideOf(server, "/home/nobody-special/up");
    await host.exec(["mkdir", outside.folder]);
    await host.write(`${outside.folder}/file`, "old");
    const uploading = host.upload(join(local.path, "big"), `${outside.folder}/file`);
    const failing = expect(uploading).rejects.toMatchObject({ code: "target-unreachable" });
    while ((await outside.list(outside.folder)).length < 2);
    await killSessions("nobody-special");
    await failing;
    while ((await outside.list(outside.folder)).length > 1);
    expect((await outside.read(`${outside.folder}/file`))!.toString()).toBe("old");
  });

  test("is asked for its programs where an administrator keeps them, too", async () => {
    await using host = await open(configFor(server, "nobody-special"));
    const { stdout } = await host.exec(["sh", "-c", 'echo "$PATH"']);
    expect(stdout.trim().split(":")).toEqual(expect.arrayContaining(["/usr/sbin", "/sbin"]));
  });
});
