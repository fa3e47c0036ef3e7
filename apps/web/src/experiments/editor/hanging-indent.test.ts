import { expect, test } from "vitest";
import { indentOf } from "./hanging-indent.ts";

test("what wraps goes on below the words, behind the dashes of a list", () => {
  const columns = ["name: x", "  name: x", "  - name: x", "- - x", "    -x", "", "   "].map(indentOf);
  expect(columns).toEqual([0, 2, 4, 4, 4, 0, 3]);
});
