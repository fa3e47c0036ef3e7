import { expect, test } from "vitest";
import { hostAgent } from "../index.ts";

const agent = hostAgent(() => Promise.reject(new Error("nobody connects")));
const [probe] = agent.probes;
const servers: unknown = agent.config.parse({ hosts: [{ host: "web-1", username: "chaos" }] });

test.each([
  [{ metric: "process_running" }, "needs a name"],
  [{ metric: "service_active" }, "needs a unit"],
  [{ metric: "happiness" }, "load_avg_1"],
  [{ metric: "disk_free_mb", path: "var" }, "/"],
])("%j is refused", (params, why) => {
  expect(JSON.stringify(probe!.params.safeParse(params).error?.issues)).toContain(why);
});

test.each([
  [undefined, {}, "a host probe needs a target that is a server"],
  [{ connection_url: "postgres://shop" }, {}, "a host probe needs a target that is a server"],
  [servers, { host: "web-2" }, "web-2 is not among the hosts of its target"],
  [servers, { host: "web-1" }, undefined],
  [servers, { host: "web-1:22" }, undefined],
])("%j asked with %j", (target, more, why) => {
  expect(probe!.unsupported!(target, { metric: "load_avg_1", path: "/", ...more })).toBe(why);
});

test("it accepts its own example", () => {
  expect(probe!.params.safeParse(probe!.example).success).toBe(true);
});
