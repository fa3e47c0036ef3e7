import { durationSchema } from "@chaos-agents/core";
import { expect, test } from "vitest";
import { z } from "zod";
import { describeParams } from "./describe-params.ts";

const typeOf = (schema: z.ZodType) => describeParams(z.object({ it: schema }))[0]!.type;

test("types are said in the words of a file", () => {
  expect(typeOf(z.string())).toBe("text");
  expect(typeOf(z.boolean())).toBe("true or false");
  expect(typeOf(z.int().min(1).max(10))).toBe("whole number from 1 to 10");
  expect(typeOf(z.int())).toBe("whole number");
  expect(typeOf(z.number().positive())).toBe("number above 0");
  expect(typeOf(z.enum(["read", "write"]))).toBe("one of read, write");
  expect(typeOf(z.array(z.string()))).toBe("list of text");
  expect(typeOf(durationSchema)).toBe("duration");
  expect(typeOf(z.union([z.string(), z.int()]))).toBe("text or whole number");
  expect(typeOf(z.array(z.object({ param: z.string(), value: z.string() })))).toBe("list of {param, value}");
  expect(typeOf(z.record(z.string(), z.string()))).toBe("names with text");
});

test("says what has to be given, what is the default, and what may be left out", () => {
  const schema = z.object({
    changes: z.array(z.string()).meta({ description: "What to change" }),
    rows: z.int().default(1000),
    pause: durationSchema.prefault("1s"),
    mode: z.string().optional(),
  });
  expect(describeParams(schema)).toEqual([
    { name: "changes", type: "list of text", default: null, required: true, description: "What to change" },
    { name: "rows", type: "whole number", default: "1000", required: false, description: "" },
    { name: "pause", type: "duration", default: "1s", required: false, description: expect.any(String) },
    { name: "mode", type: "text", default: null, required: false, description: "" },
  ]);
});
