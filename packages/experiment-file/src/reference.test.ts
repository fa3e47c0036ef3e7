import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asScalar, expand } from "./reference.ts";

const env = { HOST: "db", EMPTY: "", DB_PASSWORD: "s3cret" };

describe("expand", () => {
  test.each([
    ["plain", "plain"],
    ["${HOST}", "db"],
    ["a ${HOST} b ${HOST}", "a db b db"],
    ["${NOPE:-fallback}", "fallback"],
    ["${HOST:-fallback}", "db"],
    ["${EMPTY:-fallback}", "fallback"],
    ["${EMPTY}", ""],
    ["${NOPE:-}", ""],
    ["$${HOST}", "${HOST}"],
    ["$$${HOST}", "$${HOST}"],
    ["$HOST and $5", "$HOST and $5"],
    ["${NOPE:-a:b?c=d&e}", "a:b?c=d&e"],
  ])("%s becomes %s", (text, value) => {
    expect(expand(text, env)).toMatchObject({ value, missing: [], mistakes: [] });
  });

  test("a variable without a value is told with its place", () => {
    expect(expand("a ${NOPE}", env).missing).toEqual([{ name: "NOPE", offset: 2 }]);
  });

  test("a value is not expanded again, and cannot close or open anything", () => {
    const value = "${HOST} } $${ ' \" \n - x: y";
    expect(expand("<${X}>", { X: value }).value).toBe(`<${value}>`);
  });

  test("the default that was used is decided for good, and so is that a variable was used", () => {
    const { source } = expand("${HOST:-x}/${NOPE:-y}", env);
    expect(source).toBe("${HOST}/${:-y}");
    expect(expand(source, { HOST: "db", NOPE: "set since" }, { journal: true }).value).toBe("db/y");
    expect(expand(source, {}, { journal: true }).missing).toEqual([{ name: "HOST", offset: 0 }]);
    expect(expand("${:-y}", env).mistakes).toHaveLength(1);
  });

  test("values of variables with a secret's name are secrets, their defaults too", () => {
    expect(expand("-p ${DB_PASSWORD}", env)).toMatchObject({ secrets: ["s3cret"], secretDefault: false });
    expect(expand("-p ${DB_PASSWORD:-guess}", {})).toMatchObject({ secrets: ["guess"], secretDefault: true });
  });

  test("any text without a dollar is itself; any text at all expands to something", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const result = expand(text, {});
        expect(typeof result.value).toBe("string");
        if (!text.includes("$")) expect(result.value).toBe(text);
        expect(expand(text.replaceAll("${", "$${"), {}).value).toBe(text.replaceAll(/\$\$\{/g, "$${"));
      }),
    );
  });

  test("what is written for the journal expands to the same value", () => {
    const part = fc.oneof(
      fc.string().filter((text) => !text.includes("$")),
      fc.constantFrom("$", "$${", "${HOST}", "${NOPE:-x y}", "${EMPTY:-}", "${HOST:-z}"),
    );
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const once = expand(parts.join(""), env);
        fc.pre(once.mistakes.length === 0);
        expect(expand(once.source, env, { journal: true }).value).toBe(once.value);
      }),
    );
  });
});

test.each([
  ["12", 12],
  ["-1.5e3", -1500],
  ["true", true],
  ["FALSE", false],
  ["yes", "yes"],
  ["0x1f", "0x1f"],
  ["", ""],
  ["1 2", "1 2"],
])("%j as a scalar is %j", (text, value) => {
  expect(asScalar(text)).toBe(value);
});
