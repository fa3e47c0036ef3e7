import { array, assert, nat, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { framings, Splitter } from "./splitter.ts";

const postgres = {
  opening(code: number, rest = ""): Buffer {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(8 + rest.length);
    head.writeUInt32BE(code, 4);
    return Buffer.concat([head, Buffer.from(rest)]);
  },
  message(letter: string, body: string): Buffer {
    const bytes = Buffer.from(body);
    const head = Buffer.alloc(5);
    head.write(letter);
    head.writeUInt32BE(4 + bytes.length, 1);
    return Buffer.concat([head, bytes]);
  },
};

function packet(place: number, body: Buffer | string): Buffer {
  const bytes = Buffer.from(body as string);
  const head = Buffer.alloc(4);
  head.writeUIntLE(bytes.length, 0, 3);
  head[3] = place;
  return Buffer.concat([head, bytes]);
}

function login(flags: number): Buffer {
  const body = Buffer.alloc(40);
  body.writeUInt32LE(flags);
  return packet(1, body);
}

const streams = {
  postgres: {
    bytes: [
      postgres.opening(80_877_103),
      postgres.opening(196_608, "user\0me\0\0"),
      postgres.message("p", "secret\0"),
      postgres.message("Q", "SELECT  1\n+ 1\0"),
      postgres.message("P", "name\0INSERT INTO t VALUES ($1)\0\0\0"),
      postgres.message("B", "\0name\0"),
      postgres.message("S", ""),
      postgres.message("d", "x".repeat(70_000)),
      postgres.message("X", ""),
    ],
    words: [
      { kind: "SSLRequest" },
      { kind: "Startup" },
      { kind: "Password" },
      { kind: "Query", sql: "SELECT 1 + 1" },
      { kind: "Parse", sql: "INSERT INTO t VALUES ($1)" },
      { kind: "Bind" },
      { kind: "Sync" },
      { kind: "CopyData" },
      { kind: "Terminate" },
    ],
  },
  mysql: {
    bytes: [
      login(1),
      packet(3, "secret"),
      packet(0, "\u0003SELECT 1"),
      packet(0, "\u0016SELECT ?"),
      packet(0, "\u0017"),
      packet(0, "\u0001"),
    ],
    words: [
      { kind: "Login" },
      { kind: "Continued" },
      { kind: "Query", sql: "SELECT 1" },
      { kind: "StmtPrepare", sql: "SELECT ?" },
      { kind: "StmtExecute" },
      { kind: "Quit" },
    ],
  },
} as const;

describe.each(["postgres", "mysql"] as const)("%s", (engine) => {
  const { bytes, words } = streams[engine];
  const whole = Buffer.concat(bytes);

  test("messages are the same however the stream is cut into chunks", () => {
    assert(
      property(array(nat(whole.length), { maxLength: 40 }), (cuts) => {
        const splitter = new Splitter(framings[engine]());
        const edges = [0, ...cuts.sort((a, b) => a - b), whole.length];
        const found = edges.slice(1).flatMap((end, i) => [...splitter.push(whole.subarray(edges[i], end))]);
        expect(found.map((one) => one.words)).toEqual(words);
        expect(Buffer.concat(found.map((one) => one.bytes)).equals(whole)).toBe(true);
      }),
    );
  });
});

test("what cannot be read as messages is refused", () => {
  const read = (engine: "postgres" | "mysql", bytes: Buffer) => () => [...new Splitter(framings[engine]()).push(bytes)];
  expect(read("postgres", Buffer.from([0x16, 3, 1, 0, 0, 0, 0, 0, 0]))).toThrow("encrypted");
  expect(read("mysql", login(0x800))).toThrow("encrypted");
  expect(read("mysql", login(0x20))).toThrow("compressed");
});
