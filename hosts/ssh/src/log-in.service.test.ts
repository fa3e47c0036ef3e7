import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ChaosError } from "@chaos-agents/core";
import { sshdMissing, type SshServer, startSshd } from "@chaos-agents/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configFor, open } from "./sshd.fixture.ts";
import type { SshAuth, SshHostConfig } from "./ssh-host-config.ts";

const missing = process.env["CI"] === "true" ? undefined : sshdMissing();
const root = process.getuid?.() === 0;
const password = "Only the server may know this 4711";

let server: SshServer;
/** Listens beside it on this machine, on another port than 22. */
let second: SshServer;
beforeAll(async () => {
  if (missing) return;
  [server, second] = await Promise.all([
    startSshd(
      root
        ? {
            users: [
              { name: "amy", password, sudo: "asks" },
              { name: "nologin", shell: "/usr/sbin/nologin" },
            ],
          }
        : {},
    ),
    startSshd({ addresses: ["127.0.0.1"] }),
  ]);
});
afterAll(async () => {
  await Promise.all([server?.stop(), second?.stop()]);
});

/** The error that opening ends with; no secret of ours stands in it. */
async function refusal(config: SshHostConfig, signal?: AbortSignal): Promise<ChaosError> {
  const error = await open(config, signal).then(
    async (host) => {
      await host[Symbol.asyncDispose]();
      throw new Error("it was let in");
    },
    (error: ChaosError) => error,
  );
  const said = JSON.stringify([error.message, error.remedy, error.facts]);
  expect(said).not.toContain(password);
  expect(said).not.toContain("PRIVATE KEY");
  return error;
}

const makeKey = (file: string, passphrase = "") =>
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", passphrase, "-f", file]);

describe.skipIf(missing !== undefined)("logging in", () => {
  test("with a key in the home directory, written with ~", async () => {
    const home = process.env["HOME"];
    process.env["HOME"] = server.directory;
    try {
      const auth: SshAuth = { type: "key", private_key_path: "~/id_ed25519" };
      await using host = await open(
        configFor(server, undefined, { auth, known_hosts: "~/known_hosts", name: "web-1" }),
      );
      expect(await host.exec(["echo", "in"])).toMatchObject({ stdout: "in\n" });
      expect(host.label).toContain("web-1 (");
      expect(host.key).toBe(`${server.host}:${server.port}`);
    } finally {
      process.env["HOME"] = home;
    }
  });

  test.runIf(root)("with a password, which sudo takes, too", async () => {
    await using host = await open(configFor(server, "amy", { auth: { type: "password", password } }));
    expect(host.survey.root).toBe("sudo");
    expect(await host.exec(["cat"], { root: true, stdin: "input" })).toMatchObject({ stdout: "input" });
  });

  test("with an SSH agent", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "chaos-agent-"));
    const socket = join(folder.path, "socket");
    const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "ignore"] });
    const before = process.env["SSH_AUTH_SOCK"];
    try {
      await once(agent.stdout, "data");
      const config = configFor(server, undefined, { auth: { type: "agent", socket } });
      expect(await refusal(config)).toMatchObject({
        code: "permission-missing",
        remedy: expect.stringContaining("ssh-add"),
      });
      execFileSync("ssh-add", ["-q", server.privateKey], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
      await using named = await open(config);
      expect(await named.exec(["true"])).toMatchObject({ code: 0 });
      process.env["SSH_AUTH_SOCK"] = socket;
      await using found = await open(configFor(server, undefined, { auth: { type: "agent" } }));
      expect(await found.exec(["true"])).toMatchObject({ code: 0 });
      delete process.env["SSH_AUTH_SOCK"];
      const none = await refusal(configFor(server, undefined, { auth: { type: "agent" } }));
      expect(none).toMatchObject({ code: "missing-secret", message: expect.stringContaining("SSH_AUTH_SOCK") });
    } finally {
      if (before === undefined) delete process.env["SSH_AUTH_SOCK"];
      else process.env["SSH_AUTH_SOCK"] = before;
      agent.kill();
      await once(agent, "exit");
    }
  });

  test("with a key the host does not know is refused, with the line that is missing there", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "chaos-key-"));
    const path = join(folder.path, "key");
    makeKey(path);
    const error = await refusal(configFor(server, undefined, { auth: { type: "key", private_key_path: path } }));
    expect(error.code).toBe("permission-missing");
    expect(error.message).toContain(path);
    const [type, key] = (await readFile(`${path}.pub`, "utf8")).split(" ");
    expect(error.remedy).toContain(`${type} ${key}`);
  });

  test.runIf(root)("with a wrong password is refused", async () => {
    const auth: SshAuth = { type: "password", password: `${password}!` };
    const error = await refusal(configFor(server, "amy", { auth }));
    expect(error).toMatchObject({ code: "permission-missing", message: expect.stringContaining("user amy") });
  });

  test("with an encrypted key needs the right passphrase", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "chaos-key-"));
    const path = join(folder.path, "key");
    await writeFile(path, await readFile(server.privateKey), { mode: 0o600 });
    execFileSync("ssh-keygen", ["-q", "-p", "-N", password, "-f", path]);
    const configWith = (passphrase?: string) =>
      configFor(server, undefined, { auth: { type: "key", private_key_path: path, passphrase } });
    expect(await refusal(configWith())).toMatchObject({
      code: "missing-secret",
      message: expect.stringContaining("encrypted"),
    });
    expect(await refusal(configWith(`${password}!`))).toMatchObject({
      code: "missing-secret",
      message: expect.stringContaining("does not open with this passphrase"),
    });
    await using host = await open(configWith(password));
    expect(await host.exec(["true"])).toMatchObject({ code: 0 });
  });

  test("says what is wrong with a key file", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "chaos-key-"));
    const cases: [string, string][] = [
      [join(folder.path, "none"), "does not exist"],
      [folder.path, "cannot be read"],
      [`${server.privateKey}.pub`, "is a public key"],
      [join(folder.path, "garbage"), "is not a private key we can read"],
    ];
    await writeFile(join(folder.path, "garbage"), "nothing of the kind");
    for (const [path, message] of cases) {
      const error = await refusal(configFor(server, undefined, { auth: { type: "key", private_key_path: path } }));
      expect(error).toMatchObject({ code: "missing-secret", message: expect.stringContaining(message) });
      expect(error.message).toContain(path);
    }
  });

  test.runIf(root)("as somebody without a login shell is explained", async () => {
    const error = await refusal(configFor(server, "nologin"));
    expect(error).toMatchObject({ code: "permission-missing", message: expect.stringContaining("not available") });
    expect(error.remedy).toContain("login shell");
  });
});

describe.skipIf(missing !== undefined)("a host that cannot be reached", () => {
  test("because nothing listens", async () => {
    const config = configFor(server, undefined, { host: "127.0.0.1", port: 1 });
    const error = await refusal(config);
    expect(error).toMatchObject({ code: "target-unreachable", message: expect.stringContaining("127.0.0.1:1") });
    expect(error.message).toContain("connection refused");
  });

  test("because its name does not exist", async () => {
    const error = await refusal(configFor(server, undefined, { host: "no-such-host.invalid" }));
    expect(error.message).toMatch(/no-such-host\.invalid.*(no such name|DNS does not answer)/);
  });

  test("because it says nothing, or is no sshd, or hangs up", async () => {
    const answers: [(string | null)?, string?][] = [
      [undefined, "no answer within 1 s"],
      ["HTTP/1.1 400 Bad Request\r\n\r\n".repeat(200), "cannot be reached"],
      [null, "cannot be reached"],
    ];
    for (const [answer, message] of answers) {
      const silent = createServer((socket) => {
        socket.on("error", () => {}).resume();
        if (answer === null) socket.destroy();
        else if (answer !== undefined) socket.end(answer);
      });
      silent.listen(0, "127.0.0.1");
      await once(silent, "listening");
      const { port } = silent.address() as AddressInfo;
      const error = await refusal(configFor(server, undefined, { host: "127.0.0.1", port, connect_seconds: 1 }));
      expect(error).toMatchObject({ code: "target-unreachable", message: expect.stringContaining(message!) });
      silent.close();
      await once(silent, "close");
    }
  });

  test("is given up at once when we are told to", async () => {
    const silent = createServer();
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    const stop = new AbortController();
    const reason = new Error("enough");
    const closed = once(silent, "connection").then(async ([socket]) => {
      stop.abort(reason);
      socket.resume();
      await once(socket, "close");
    });
    const config = configFor(server, undefined, { host: "127.0.0.1", port: (silent.address() as AddressInfo).port });
    await expect(open(config, stop.signal)).rejects.toBe(reason);
    await closed;
    silent.close();
  });
});

describe.skipIf(missing !== undefined)("jump hosts", () => {
  test.runIf(root)("lead to a host, and each of them is checked", async () => {
    const bastion = configFor(second);
    await using host = await open(configFor(server, "amy", { jump: [bastion, bastion] }));
    expect(await host.exec(["id", "-un"])).toMatchObject({ stdout: "amy\n" });
    expect(host.wayIn).toEqual({ peer: server.link!.outside, address: server.host, port: 22 });
    expect(host.key).toBe(`127.0.0.1:${second.port}>127.0.0.1:${second.port}>${server.host}:22`);
    const unknown = { ...bastion, known_hosts: "/dev/null" };
    const error = await refusal(configFor(server, "amy", { jump: [bastion, unknown] }));
    expect(error).toMatchObject({ message: expect.stringContaining(`127.0.0.1:${second.port} is not known`) });
    const changed = configFor(server, "amy", { jump: [bastion], known_hosts: "/dev/null" });
    expect((await refusal(changed)).message).toContain(`${server.host} is not known`);
  });

  test("say what they cannot reach", async () => {
    const config = configFor(second, undefined, { port: 1, jump: [configFor(second)] });
    expect(await refusal(config)).toMatchObject({
      code: "target-unreachable",
      message: expect.stringContaining(`127.0.0.1:1 cannot be reached from the jump host 127.0.0.1:${second.port}`),
    });
  });
});
