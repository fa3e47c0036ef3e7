import { expect, test } from "vitest";
import { Splitter } from "./splitter.ts";
import { sshFraming } from "./ssh-frames.ts";

const packet = (type: number, length: number) => {
  const bytes = Buffer.alloc(4 + length);
  bytes.writeUInt32BE(length);
  bytes[5] = type;
  return bytes;
};
const sealed = (length: number) => Buffer.concat([packet(0, length), Buffer.alloc(16)]);

test("packets of SSH are whole, however they come, sealed ones with their seal", () => {
  const stream = Buffer.concat([
    Buffer.from("SSH-2.0-x\r\n"),
    packet(20, 60),
    packet(21, 12),
    sealed(32),
    sealed(12_000),
  ]);
  const whole = [
    ["Greeting", 11],
    ["KeyExchange", 64],
    ["NewKeys", 16],
    ["Sealed", 52],
    ["Sealed", 12_020],
  ];
  for (const size of [1, 7, 1_000, stream.length]) {
    const splitter = new Splitter(sshFraming());
    const found = [];
    for (let at = 0; at < stream.length; at += size)
      for (const { bytes, words } of splitter.push(stream.subarray(at, at + size)))
        found.push([words.kind, bytes.length]);
    expect(found).toEqual(whole);
  }
});

test("a cipher that hides how long packets are is told", () => {
  const splitter = new Splitter(sshFraming());
  const hidden = Buffer.concat([Buffer.from("SSH-2.0-x\r\n"), packet(21, 12), Buffer.alloc(64, 0xab)]);
  expect(() => [...splitter.push(hidden)]).toThrow("AES-GCM");
});
