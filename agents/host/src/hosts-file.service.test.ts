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

/** Where the file is: in a folder like any other, or mounted by itself, as containers have it. */
const places = {
  "in its folder": "rm -f /etc/hosts; touch /etc/hosts",
  "behind a link": "mkdir /etc/real && touch /etc/real/hosts && ln -sf real/hosts /etc/hosts",
  "mounted by itself": "mount -t tmpfs tmpfs /mnt && touch /mnt/hosts && mount --bind /mnt/hosts /etc/hosts",
};
type Place = keyof typeof places;

async function hostWith(content: string, place: Place) {
  const machine = await startNamespaceHost();
  await machine.outside("sh", "-c", places[place]);
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
    look: () =>
      machine.outside(
        "sh",
        "-c",
        "readlink /etc/hosts || echo itself; stat -Lc '%a %u:%g %s' /etc/hosts; cat /etc/hosts; ls -A /etc",
      ),
  };
}

const everywhere = (Object.keys(places) as Place[]).flatMap((place) =>
  Object.entries(files).map(([kind, content]) => [kind, place, content] as const),
);
test.for(everywhere)("%s, %s, gets our line, and is byte for byte the same again", async ([, place, content]) => {
  const { machine, host, undo, look } = await hostWith(content, place);
  await using _ = machine;
  const before = await look();
  for (const name of ["db.internal", "b.internal"])
    expect(await host.exec(change(name).act)).toMatchObject({ code: 0 });
  const added = "10.9.9.9 b.internal # chaos/run/f1/\n10.9.9.9 db.internal # chaos/run/f1/\n";
  const [, link, size] = /^(.+)\n604 7:8 (\d+)\n/.exec(before)!;
  const longer = `${link}\n604 7:8 ${Number(size) + added.length}\n`;
  expect(await look()).toBe(before.replace(/^.+\n.+\n/, `${longer}${added}`));
  await undo(change("db.internal"));
  await undo(change("b.internal"));
  expect(await look()).toBe(before);
});

test("what is to take its place, and was left when its maker died, is ours and goes", async () => {
  const { machine, host, undo, look } = await hostWith("127.0.0.1 localhost\n", "in its folder");
  await using _ = machine;
  const before = await look();
  const { act, asBefore, isOurs } = change("db.internal");
  expect(await host.exec(isOurs)).toMatchObject({ code: 1 });
  // dies where it would sync
  const dies = "sync() { kill -KILL $$; }";
  expect(await host.exec(["sh", "-c", `${dies}; ${act[2]}`, ...act.slice(3)])).not.toMatchObject({ code: 0 });
  expect(await look()).not.toBe(before);
  expect(await host.exec(asBefore)).toMatchObject({ code: 1 });
  await undo(change("db.internal"));
  expect(await look()).toBe(before);
});

test.for(Object.keys(places) as Place[])("what others add meanwhile stays: %s", async (place) => {
  const { machine, host, undo } = await hostWith("127.0.0.1 localhost\n", place);
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

test("a disk that has filled up since hinders no undo", async () => {
  const machine = await startNamespaceHost();
  await using _ = machine;
  const small =
    "mount -t tmpfs tmpfs /mnt && cp -a /etc /mnt && mount -t tmpfs -o size=64k tmpfs /mnt/etc && cp -a /etc/passwd /etc/group /etc/nsswitch.conf /mnt/etc && head -c 8192 /dev/zero | tr '\\0' x >/mnt/etc/hosts && mount --rbind /mnt/etc /etc; cat /etc/hosts";
  const before = await machine.outside("sh", "-c", small);
  const host = await machine.open();
  const { act, asBefore, putBack } = change("db.internal");
  expect(await host.exec(act)).toMatchObject({ code: 0 });
  await machine.outside("sh", "-c", "head -c 100k /dev/zero >/etc/fill 2>/dev/null; df /etc | grep 100%");
  expect(await host.exec(putBack)).toMatchObject({ code: 0 });
  expect(await host.exec(asBefore)).toMatchObject({ code: 0 });
  expect(await machine.outside("cat", "/etc/hosts")).toBe(before);
  expect(await machine.outside("ls", "-A", "/etc")).toBe("fill\ngroup\nhosts\nnsswitch.conf\npasswd\n");
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
