import { existsSync, mkdtempSync } from "node:fs";
import { sshdMissing, type SshServer, type SshUser, startSshd } from "@chaos-agents/testkit";
import { expectArgumentsKept, hostContract } from "@chaos-agents/testkit/host-contract";
import { afterAll, beforeAll, describe, test } from "vitest";
import { configFor, open, outsideOf } from "./sshd.fixture.ts";

const missing = process.env["CI"] === "true" ? undefined : sshdMissing();
if (missing) process.stderr.write(`hosts over SSH are not tested: ${missing}\n`);
const root = process.getuid?.() === 0;

/** Every way to become root. */
const users: SshUser[] = [
  { name: "bash-user", shell: "/bin/bash", sudo: "free" },
  { name: "dash-user", shell: "/bin/dash", sudo: "asks", password: 'it\'s a "secret" $1' },
  { name: "root", shell: "/bin/bash" },
];
/** Other login shells, where they are installed. */
const shells: SshUser[] = ["/usr/bin/fish", "/bin/tcsh", "/usr/bin/zsh"].map((shell) => ({
  name: `${shell.split("/").at(-1)}-user`,
  shell,
}));

let server: SshServer;
beforeAll(async () => {
  if (!missing) server = await startSshd(root ? { users: [...users, ...shells] } : {});
});
afterAll(() => server?.stop());

describe.skipIf(missing !== undefined)("over SSH", () => {
  for (const user of root ? users : [undefined]) {
    const keep = { keep_alive: { seconds: 0.3, count: 2 } };
    const more = user?.sudo === "asks" ? { ...keep, sudo_password: user.password } : keep;
    hostContract({
      name: `SSH as ${user ? `${user.name}, by ${user.shell}, sudo: ${user.sudo ?? "none"}` : "this user"}`,
      open: (signal) => open(configFor(server, user?.name, more), signal),
      outside: () => outsideOf(server, user ? `/home/${user.name}` : mkdtempSync("/tmp/chaos-ssh-")),
      ...(root && { sever: { cut: () => server.link!.cut(), mend: () => server.link!.mend() } }),
    });
  }

  for (const { name, shell } of root ? shells : []) {
    test.skipIf(!existsSync(shell!))(`hands any arguments through ${shell} as they are`, async () => {
      await using host = await open(configFor(server, name));
      await expectArgumentsKept(host, 150);
    });
  }
});
