import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { fingerprintOf, type HostKey, hostKeyOf, KnownHosts } from "./known-hosts.ts";

const keyOf = (type: string, seed: string): HostKey => {
  const name = Buffer.from(type);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(name.length);
  return hostKeyOf(Buffer.concat([length, name, Buffer.from(seed)]));
};
const [a, b, rsa] = [keyOf("ssh-ed25519", "a"), keyOf("ssh-ed25519", "b"), keyOf("ssh-rsa", "c")];
const line = (names: string, key: HostKey, marker = "") => `${marker}${names} ${key.type} ${key.base64} a comment\n`;
const hashed = (name: string) => {
  const salt = Buffer.from("salt of twenty bytes");
  return `|1|${salt.toString("base64")}|${createHmac("sha1", salt).update(name).digest("base64")}`;
};
const judge = (text: string, host = "web-1", port = 22, key = a) => new KnownHosts(text).judge(host, port, key).kind;

test.each([
  ["a name", "web-1", "web-1", 22, "known"],
  ["another name", "web-2", "web-1", 22, "unknown"],
  ["one of several", "10.0.0.1,web-1", "web-1", 22, "known"],
  ["capitals", "Web-1", "WEB-1", 22, "known"],
  ["a port", "[web-1]:2222", "web-1", 2222, "known"],
  ["another port", "[web-1]:2222", "web-1", 22, "unknown"],
  ["no port", "web-1", "web-1", 2222, "unknown"],
  ["a hashed name", hashed("web-1"), "web-1", 22, "known"],
  ["another hashed name", hashed("web-2"), "web-1", 22, "unknown"],
  ["a hashed name with a port", hashed("[web-1]:2222"), "web-1", 2222, "known"],
  ["a pattern", "web-*", "web-1", 22, "known"],
  ["a pattern for one letter", "web-?", "web-10", 22, "unknown"],
  ["a dot, which is no pattern", "web.1", "web-1", 22, "unknown"],
  ["a pattern but for this", "web-*,!web-1", "web-1", 22, "unknown"],
  ["an IPv6 address", "2001:db8::1", "2001:DB8::1", 22, "known"],
])("finds a host by %s", (_, names, host, port, verdict) => {
  expect(judge(line(names, a), host, port)).toBe(verdict);
});

test("any one of several keys will do", () => {
  expect(judge(line("web-1", b) + line("web-1", rsa) + line("web-1", a))).toBe("known");
});

test("another key is a changed one, and it is said where the old one stands", () => {
  const text = `# a comment\n\n${line("web-1", b)}${line("web-1", rsa)}`;
  expect(new KnownHosts(text).judge("web-1", 22, a)).toMatchObject({
    kind: "changed",
    known: [
      { line: 3, base64: b.base64 },
      { line: 4, type: "ssh-rsa" },
    ],
  });
});

test("a revoked key is refused, wherever it stands besides", () => {
  expect(judge(line("web-1", a) + line("*", a, "@revoked "))).toBe("revoked");
  expect(judge(line("web-1", a) + line("*", b, "@revoked "))).toBe("known");
});

test("an authority does not vouch for a plain key, and does not stand in its way", () => {
  expect(judge(line("*", b, "@cert-authority "))).toBe("authority");
  expect(judge(line("*", b, "@cert-authority ") + line("web-1", a))).toBe("known");
});

test.each([
  "",
  "web-1\n",
  "web-1 ssh-ed25519\n",
  "#web-1 ssh-ed25519 AAAA\n",
  "@other web-1 ssh-ed25519 AAAA\n",
  "|1|\n",
])("passes over what it cannot read: %j", (text) => expect(judge(text)).toBe("unknown"));

test("knows which kinds of key to ask for", () => {
  const text = line("web-1", rsa) + line("web-1", a) + line("web-1", b) + line("web-2", a);
  expect(new KnownHosts(text).keyTypes("web-1", 22)).toEqual(["ssh-rsa", "ssh-ed25519"]);
});

test("shows fingerprints as ssh-keygen does", () => {
  const key = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
  expect(fingerprintOf({ type: "ssh-ed25519", base64: key })).toBe(
    "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU",
  );
});
