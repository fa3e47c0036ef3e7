import { expect, test } from "vitest";
import { MarkedStream } from "./marked-stream.ts";

test("what stands before the mark is not the command's, however it is cut", () => {
  const all = Buffer.from("Welcome!\nmark 123\nown\nmark 4\n");
  for (let size = 1; size <= all.length; size++) {
    const stream = new MarkedStream("mark");
    const own: Buffer[] = [];
    for (let at = 0; at < all.length; at += size) own.push(stream.push(all.subarray(at, at + size)));
    expect(Buffer.concat(own).toString()).toBe("own\nmark 4\n");
    expect([stream.session, stream.noise]).toEqual([123, "Welcome!\n"]);
  }
});

test("keeps what was said when there is no mark, but not for ever", () => {
  const stream = new MarkedStream("mark");
  expect(stream.push(Buffer.from("This account is not available.\n"))).toHaveLength(0);
  expect([stream.session, stream.noise]).toEqual([undefined, "This account is not available.\n"]);
  stream.push(Buffer.alloc(1_000_000, "x"));
  expect(stream.noise.length).toBeLessThan(100_000);
});
