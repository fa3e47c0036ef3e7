import { startNamespaceHost } from "@chaos-agents/testkit";
import { expect, test } from "vitest";
import type { HostChange } from "./host-skill.ts";
import { hostsLine } from "./hosts-file.ts";

const files = {
  "an ordinary file": "127.0.0.1 localhost\n# db.internal # chaos/other\n10.0.0.1 db.internal\n",
  "no newline at its end": "127.0.0.1 localhost\n10.0.0.1 db.internal",
  "an empty file": "",
  "only newlines": "\n\n\n",
  "Windows' line ends, tabs and odd bytes": "127.0.0.1\tlocalhost\r\n\n# %s %d \\n caf\u00e9 $(reboot) `x` 'q' \"\n",
  "a long one": Array.from({ length: 4_000 }, (_, n) => `10.1.${n >> 8}.${n & 255} host-${n}.internal\n`).join(""),
};

const change = (name: string): HostChange => hostsLine("10.9.9.9", name, "chaos/run/f1");

async function hostWith(content: string) {
  const machine = await startNamespaceHost();
  const mount = "mount -t tmpfs tmpfs /mnt && touch /mnt/hosts && mount --bind /mnt/hosts /etc/hosts";
  await machine.outside("sh", "-c", mount);
  const host = await machine.open();
  await host.exec(["sh", "-c", "cat >/etc/hosts && chown 7:8 /etc/hosts && chmod 604 /etc/hosts"], { stdin: content });
  const undo = async ({ asBefore, isOurs, putBack }: HostChange) => {
    for (const [argv, code] of [
      [isOurs, 0],
      [putBack, 0],
      [asBefore, 0],
    ] as const)
      expect(await host.exec(argv), argv.join(" ")).toMatchObject({ code });
  };
  return {
    machine,
    host,
    undo,
    look: () => machine.outside("sh", "-c", "stat -c '%i %a %u:%g %s' /etc/hosts; cat /etc/hosts"),
  };
}

test.for(Object.entries(files))("%s gets our line, and is byte for byte the same again", async ([, content]) => {
  const { machine, host, undo, look } = await hostWith(content);
  await using _ = machine;
  const before = await look();
  const inode = before.split(" ")[0];
  for (const name of ["db.internal", "b.internal"])
    expect(await host.exec(change(name).act)).toMatchObject({ code: 0 });
  const [facts, ...lines] = (await look()).split("\n");
  expect(facts).toMatch(new RegExp(`^${inode} 604 7:8 `));
  expect(lines.join("\n")).toBe(
    `10.9.9.9 b.internal # chaos/run/f1/\n10.9.9.9 db.internal # chaos/run/f1/\n${content}`,
  );
  await undo(change("db.internal"));
  await undo(change("b.internal"));
  expect(await look()).toBe(before);
});

test("what others add meanwhile stays", async () => {
  const { machine, host, undo } = await hostWith("127.0.0.1 localhost\n");
  await using _ = machine;
  await host.exec(change("db.internal").act);
  await machine.outside(
    "sh",
    "-c",
    "echo 10.0.0.7 theirs >>/etc/hosts; sed '1i10.0.0.8 first' /etc/hosts >/tmp/new; cat /tmp/new >/etc/hosts",
  );
  await undo(change("db.internal"));
  expect(await machine.outside("cat", "/etc/hosts")).toBe("10.0.0.8 first\n127.0.0.1 localhost\n10.0.0.7 theirs\n");
});

test("where the disk has no room for our line, the file is as it was", async () => {
  const machine = await startNamespaceHost();
  await using _ = machine;
  const fill =
    "mount -t tmpfs -o size=64k tmpfs /mnt && head -c 8192 /dev/zero | tr '\\0' x >/mnt/hosts && mount --bind /mnt/hosts /etc/hosts; head -c 100k /dev/zero >/mnt/fill; cat /etc/hosts";
  const before = await machine.outside("sh", "-c", fill);
  const host = await machine.open();
  expect(await host.exec(change("db.internal").act)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("No space left"),
  });
  expect(await machine.outside("cat", "/etc/hosts")).toBe(before);
});
