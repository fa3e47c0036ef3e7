import { expect, test } from "vitest";
import { bareQuantity, quantity } from "./quantities.ts";

test("one of a thing is not many", () => {
  expect(quantity(1, "requests")).toBe("1 request");
  expect(quantity(2, "requests")).toBe("2 requests");
  expect(quantity(1, "errors/s")).toBe("1 errors/s");
  expect(quantity(1, "s")).toBe("1 s");
  expect(quantity(1, "ms")).toBe("1 ms");
});

test("a bare quantity keeps only the units that change with its size, and per cent", () => {
  expect(bareQuantity(1_500, "ms")).toBe("1.5 s");
  expect(bareQuantity(50, "%")).toBe("50%");
  expect(bareQuantity(300, "requests/s")).toBe("300");
  expect(bareQuantity(null, "requests/s")).toBe("–");
});
