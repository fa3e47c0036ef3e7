import * as fc from "fast-check";
import { expect, test } from "vitest";
import { anyEvents } from "@chaos-agents/testkit/any-events";
import { noticesOf } from "./notice.fixture.ts";
import { receiversOf } from "./receivers/index.ts";

const receivers = receiversOf({
  publicUrl: null,
  webhook: { url: "http://127.0.0.1/in", secret: "a secret of some length" },
  slack: { url: "http://127.0.0.1/slack" },
  grafana: { url: "http://127.0.0.1", token: "glsa" },
  datadog: { url: "http://127.0.0.1", key: "k" },
  pagerduty: { url: "http://127.0.0.1", routingKey: "R".repeat(32) },
});

test("any events of a run: one notice for each that is told, and a request of it for whoever wants it", () => {
  fc.assert(
    fc.property(anyEvents, (events) => {
      const notices = noticesOf(events);
      const told = new Set(["run-started", "fault-injected", "fault-undone", "recovery-started", "run-finished"]);
      expect(notices.map(({ id }) => id)).toEqual(
        events.filter(({ type }) => told.has(type)).map(({ seq }) => `r1/${seq}`),
      );
      for (const receiver of receivers) {
        for (const notice of notices) {
          const { url, headers, body } = receiver.request(notice, Date.now());
          expect(() => new Request(url, { method: "POST", headers, body })).not.toThrow();
          expect(body.length).toBeLessThan(200_000);
          expect(JSON.parse(body)).toBeTypeOf("object");
        }
      }
      const pages = notices.filter((notice) => receivers.at(-1)!.wants(notice));
      const ends = events.filter((event) => event.type === "run-finished");
      const bad = ends.filter(({ verdict }) => verdict === "rollback-incomplete").length;
      expect(pages.filter(({ resolves }) => !resolves)).toHaveLength(bad);
    }),
  );
});
