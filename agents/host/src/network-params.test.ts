import { expect, test } from "vitest";
import { hostAgent } from "./index.ts";
import { parseNetwork } from "./network-params.ts";
import { flowOf } from "./way-in.ts";

const { skills } = hostAgent(() => Promise.reject(new Error("nobody is there")));
const paramsOf = (name: string) => skills.find((skill) => skill.name === name)!.params;

const hostile = [
  "10.0.0.1; reboot",
  "10.0.0.1\nreboot",
  "10.0.0.1\n",
  "$(reboot)",
  "`reboot`",
  "'",
  '"10.0.0.1"',
  "10.0.0.1 10.0.0.2",
  "10.0.0.1/33",
  "10.0.0.1/-1",
  "10.0.0.1/8/8",
  "::1%eth0",
  "fe80::1/129",
  "-j ACCEPT",
  "}",
  "10.0.0.256",
  "0x7f.1",
  "#",
  "",
  " ",
  "a\0b",
  "é",
];

const addresses = [
  ["server.network_delay", (text: string) => ({ delay: "1s", peers: [text] })],
  ["server.network_partition", (text: string) => ({ peers: ["10.0.0.1", text] })],
  ["server.dns_spoof", (text: string) => ({ records: { "a.b": text } })],
] as const;
const words = [
  ["server.dns_spoof", (text: string) => ({ records: { [text]: "10.0.0.1" } })],
  ["server.dns_blackhole", (text: string) => ({ names: [text] })],
  ["server.network_loss", (text: string) => ({ loss: "1%", interface: text })],
  ["server.network_loss", (text: string) => ({ loss: text })],
  ["server.network_loss", (text: string) => ({ loss: "1%", correlation: text })],
  ["server.network_delay", (text: string) => ({ delay: text })],
  ["server.network_delay", (text: string) => ({ delay: "1s", jitter: "1s", distribution: text })],
  ["server.network_bandwidth", (text: string) => ({ rate: text })],
  ["server.port_block", (text: string) => ({ ports: [text] })],
  ["server.port_block", (text: string) => ({ ports: [1], protocol: text })],
] as const;

for (const [skill, use] of [...addresses, ...words]) {
  const texts = hostile.filter((text) => !("interface" in use("")) || !/^[\w.]+$/.test(text));
  test.for(texts)(`${skill} ${JSON.stringify(use("…"))} refuses %j`, (text) => {
    expect(paramsOf(skill).safeParse(use(text)).success).toBe(false);
  });
}

test.for([
  ["server.network_delay", { delay: "100ms", jitter: "10ms", distribution: "normal", correlation: "25%" }],
  ["server.network_delay", { delay: "0.5ms", peers: ["10.0.0.0/8", "fd00::/8", "2001:db8::1"], ports: [443] }],
  ["server.network_bandwidth", { rate: "1.5Mbit" }],
  ["server.network_partition", { peers: ["::/0", "0.0.0.0/0"] }],
  ["server.dns_spoof", { records: { "_srv.DB-1.internal": "fd00::1" } }],
  ["server.dns_blackhole", { names: "all" }],
] as const)("%s takes %j", ([skill, use]) => {
  expect(() => paramsOf(skill).parse(use)).not.toThrow();
});

test.for([
  ["server.network_delay", { delay: "100ms", correlation: "25%" }],
  ["server.network_delay", { delay: "2m" }],
  ["server.network_delay", { delay: "0s" }],
  ["server.network_loss", { loss: "0%" }],
  ["server.network_loss", { loss: "101%" }],
  ["server.network_partition", { peers: [] }],
  ["server.network_partition", { peers: ["127.0.0.1"] }],
  ["server.port_block", { ports: [] }],
  ["server.dns_spoof", { records: {} }],
  ["server.dns_spoof", { records: { "10.0.0.1": "10.0.0.2" } }],
  ["server.dns_blackhole", {}],
] as const)("%s refuses %j", ([skill, use]) => {
  expect(paramsOf(skill).safeParse(use).success).toBe(false);
});

test("a network is an address and a length", () => {
  expect(parseNetwork("10.0.0.0/8")).toEqual({ address: "10.0.0.0", prefix: 8, family: 4 });
  expect(parseNetwork("::1")).toEqual({ address: "::1", prefix: 128, family: 6 });
});

test.for([
  ["10.0.0.1", { peer: "10.0.0.1", port: 22, family: 4 }],
  ["::ffff:10.0.0.1", { peer: "10.0.0.1", port: 22, family: 4 }],
  ["fe80::1%eth0", { peer: "fe80::1", port: 22, family: 6 }],
] as const)("we come from %s", ([peer, flow]) => {
  expect(flowOf({ peer, address: "10.0.0.2", port: 22 })).toEqual(flow);
});
