import { systemClock } from "@chaos-agents/core";
import ssh2 from "ssh2";
import { expect, test } from "vitest";
import { identityArchive, identityMessage, newHostKey, newIdentity } from "./identity.ts";
import { linkAddress } from "./network/link.ts";

const identity = newIdentity("web-1", linkAddress(7));

test("no two machines have anything in common", () => {
  const other = newIdentity("web-1", linkAddress(7));
  expect(other.machineId).not.toBe(identity.machineId);
  expect(other.hostKey.public).not.toBe(identity.hostKey.public);
  expect(other.clientKey.public).not.toBe(identity.clientKey.public);
  expect(ssh2.utils.parseKey(identity.hostKey.private)).toMatchObject({ type: "ssh-ed25519" });
});

test("a host key that begins with zero is as whole as every other", () => {
  // one of 256 begins so: that none of 2,000 does is less likely than 1 in 2,000
  const blobs = Array.from({ length: 2_000 }, () => newHostKey("web-1").public.split(" ")[1]!);
  expect(new Set(blobs.map((blob) => Buffer.from(blob, "base64").length))).toEqual(new Set([51]));
});

test("a clone is told all that a boot would bring, its address and sshd last", () => {
  const lines = identityMessage(identity, { ...systemClock, now: () => 1_700_000_000_250 }).split("\n");
  expect(lines[0]).toBe("clock 1700000000 250000000");
  expect(lines[1]).toMatch(/^entropy [0-9a-f]{128}$/);
  expect(lines).toContain(`file /etc/machine-id ${Buffer.from(`${identity.machineId}\n`).toString("hex")}`);
  expect(lines.slice(-5)).toEqual([
    "hostname web-1",
    "address 172.16.7.2 255.255.255.252 172.16.7.1",
    "sshd",
    "end",
    "",
  ]);
});

test("a boot finds the same in an archive that can follow another one", () => {
  const archive = identityArchive(identity);
  expect(archive.length % 4).toBe(0);
  expect(archive.toString("latin1", 0, 6)).toBe("070701");
  expect(archive.toString("latin1")).toContain(`identity/etc/machine-id\0`);
  expect(archive.toString("latin1")).toContain("address=172.16.7.2/30\ngateway=172.16.7.1\n");
});
