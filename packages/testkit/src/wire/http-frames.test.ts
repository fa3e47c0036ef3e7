import * as fc from "fast-check";
import { expect, test } from "vitest";
import { httpFraming } from "./http-frames.ts";
import { Splitter } from "./splitter.ts";

const request = fc.record({
  method: fc.constantFrom("GET", "POST", "PATCH", "DELETE"),
  path: fc.constantFrom("/api/v1/pods", "/x?a=b", "/"),
  body: fc.option(fc.string({ unit: "binary" })),
});

test("however requests are cut into chunks, each comes whole and once", () => {
  fc.assert(
    fc.property(fc.array(request), fc.infiniteStream(fc.integer({ min: 1, max: 50 })), (requests, sizes) => {
      const texts = requests.map(({ method, path, body }) => {
        const length = body === null ? "" : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
        return Buffer.from(`${method} ${path} HTTP/1.1\r\nHost: x\r\n${length}\r\n${body ?? ""}`);
      });
      const splitter = new Splitter(httpFraming());
      const found: { bytes: string; kind: string }[] = [];
      let rest = Buffer.concat(texts);
      while (rest.length > 0) {
        const size = sizes.next().value;
        for (const { bytes, words } of splitter.push(rest.subarray(0, size)))
          found.push({ bytes: bytes.toString("hex"), kind: words.kind });
        rest = rest.subarray(size);
      }
      expect(found).toEqual(
        texts.map((text, i) => ({ bytes: text.toString("hex"), kind: `${requests[i]!.method} ${requests[i]!.path}` })),
      );
    }),
  );
});

test("what cannot be told apart is said", () => {
  const push = (text: string) => [...new Splitter(httpFraming()).push(Buffer.from(text, "latin1"))];
  expect(() => push("\x16\x03\x01")).toThrow("encrypted");
  expect(() => push("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")).toThrow("without a length");
});
