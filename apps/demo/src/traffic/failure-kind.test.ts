import { expect, test } from "vitest";
import { failureKind } from "./failure-kind.ts";

test.each([
  [{ code: "57014", message: "canceling statement due to statement timeout" }, "timeout"],
  [{ message: "Query read timeout" }, "timeout"],
  [{ message: "timeout exceeded when trying to connect" }, "no-connection"],
  [{ code: "53300", message: "sorry, too many clients already" }, "refused"],
  [{ code: "ECONNREFUSED", message: "connect ECONNREFUSED" }, "refused"],
  [{ code: "57P01", message: "terminating connection due to administrator command" }, "lost"],
  [{ message: "Connection terminated unexpectedly" }, "lost"],
  [{ code: "08006", message: "connection failure" }, "lost"],
  [{ code: "55P03", message: "canceling statement due to lock timeout" }, "lock"],
  [{ code: "40P01", message: "deadlock detected" }, "lock"],
  [{ code: "42P01", message: "no such table" }, "other"],
  [new Error("what is this"), "other"],
])("%o is %s", (error, kind) => {
  expect(failureKind(error)).toBe(kind);
});
