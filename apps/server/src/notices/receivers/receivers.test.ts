import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { startedAt } from "../../metrics/some-run.fixture.ts";
import type { Notice } from "../notice.ts";
import { cutOffNotice, noticesOf, putBackRun, recoveredRun } from "../notice.fixture.ts";
import type { Receiver } from "../receiver.ts";
import { datadog } from "./datadog.ts";
import { grafana } from "./grafana.ts";
import { pagerduty } from "./pagerduty.ts";
import { slack } from "./slack.ts";
import { webhook } from "./webhook.ts";

const [started, injected, undone, ended] = noticesOf(putBackRun) as [Notice, Notice, Notice, Notice];
const recovered = noticesOf(recoveredRun);
const incomplete = recovered.find(({ verdict }) => verdict === "rollback-incomplete")!;
const resolved = recovered.at(-1)!;
const long: Notice = {
  ...incomplete,
  title: "t&".repeat(5_000),
  text: "&".repeat(50_000),
  experiment: "e".repeat(999),
};
const now = startedAt + 60_000;
const link = "https://chaos.example/room/runs/r1";

const sent = (receiver: Receiver, notice: Notice, at = now) => {
  const request = receiver.request(notice, at);
  return { ...request, body: JSON.parse(request.body) };
};

test("[CA-52] webhook: the notice as JSON, signed with the time it was sent", () => {
  const secret = "a secret of some length";
  const url = "https://hooks.example/in/T0KEN4711";
  const signed = webhook({ url, secret });
  const { headers, body } = signed.request(ended, now);
  const timestamp = String(now / 1_000);
  const hmac = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
  expect(headers).toEqual({
    "content-type": "application/json",
    "x-chaos-timestamp": timestamp,
    "x-chaos-signature": `sha256=${hmac}`,
  });
  expect(JSON.parse(body)).toEqual({ version: 1, ...ended });
  expect(ended).toMatchObject({ id: "r1/31", kind: "run-ended", verdict: "guarded", severity: "warning", link });
  expect(signed.secrets).toContain("/in/T0KEN4711");
  expect(webhook({ url, secret: null }).request(ended, now).headers).toEqual({ "content-type": "application/json" });
});

test("[CA-52] Slack: one section and its context, with names that are markup made harmless", () => {
  const { url, body } = sent(slack({ url: "https://hooks.slack.com/services/T/B/x" }), started);
  expect(url).toBe("https://hooks.slack.com/services/T/B/x");
  expect(body).toEqual({
    text: ":information_source: Started: shop &lt;b&gt; &amp; co",
    blocks: [
      {
        type: "section",
        text: {
          type: "mrkdwn",
          text: `:information_source: <${link}|*Started: shop &lt;b&gt; &amp; co*>\nFaults stay for 1m.`,
        },
      },
      { type: "context", elements: [{ type: "plain_text", text: "box.example · run r1" }] },
    ],
  });
  const [section] = sent(slack({ url }), long).body.blocks;
  expect(section.text.text.length).toBeLessThanOrEqual(3_000);
  expect(section.text.text.replaceAll("&amp;", "")).not.toContain("&");
});

test("[CA-52] Grafana: a mark where a fault begins, a region once it has ended, and one for the whole run", () => {
  const receiver = grafana({ url: "https://grafana.example/sub", token: "glsa_4711" });
  const mark = sent(receiver, injected);
  expect(mark).toEqual({
    url: "https://grafana.example/sub/api/annotations",
    headers: { "content-type": "application/json", authorization: "Bearer glsa_4711" },
    body: {
      time: startedAt + 15_000,
      tags: ["chaos", "fault-injected", "experiment:shop <b> & co", "host:box.example", "skill:db.config_change"],
      text: `Fault stands: db.config_change on main (shop &lt;b&gt; &amp; co)\n<a href="${link}">run</a>`,
    },
  });
  expect(sent(receiver, undone).body).toMatchObject({ time: startedAt + 15_000, timeEnd: startedAt + 26_000 });
  expect(sent(receiver, ended).body).toMatchObject({
    time: startedAt + 1_000,
    timeEnd: startedAt + 31_000,
    tags: expect.arrayContaining(["chaos", "run-ended", "verdict:guarded"]),
  });
  for (const tag of sent(receiver, long).body.tags) expect(tag.length).toBeLessThanOrEqual(100);
});

test("[CA-52] Datadog: an event of API v1, within what it takes of text and age", () => {
  const receiver = datadog({ url: "https://api.datadoghq.eu", key: "k4711" });
  expect(sent(receiver, incomplete)).toEqual({
    url: "https://api.datadoghq.eu/api/v1/events",
    headers: { "content-type": "application/json", "dd-api-key": "k4711" },
    body: {
      title: "Rollback incomplete: shop <b> & co",
      text: [
        link,
        "1 undo could not be done",
        "- reset work_mem: permission denied",
        "chaos recover r1",
        "run r1",
      ].join("\n"),
      date_happened: startedAt / 1_000 + 27,
      alert_type: "error",
      priority: "normal",
      host: "box.example",
      tags: ["source:chaos-agents", "chaos_event:run-ended", "experiment:shop <b> & co", "verdict:rollback-incomplete"],
      aggregation_key: "chaos-r1",
    },
  });
  expect(["info", "warning", "success", "warning"]).toEqual(
    [started, injected, undone, ended].map((notice) => sent(receiver, notice).body.alert_type),
  );
  const late = sent(receiver, long, incomplete.at + 20 * 3_600_000).body;
  expect(late.date_happened).toBe(Math.floor(incomplete.at / 1_000) + 2.5 * 3_600);
  expect(late.text).toContain(`This happened at ${new Date(incomplete.at).toISOString()}.`);
  expect(late.text.length).toBeLessThanOrEqual(4_000);
  expect(late.title.length).toBeLessThanOrEqual(100);
});

test("[CA-52] PagerDuty: pages for what is left behind, and resolves it once it is put back", () => {
  const receiver = pagerduty({ url: "https://events.pagerduty.com", routingKey: "R".repeat(32) });
  const wanted = [...noticesOf(putBackRun), ...recovered, cutOffNotice].filter((notice) => receiver.wants(notice));
  expect(wanted).toEqual([incomplete, resolved, cutOffNotice]);

  expect(sent(receiver, incomplete)).toEqual({
    url: "https://events.pagerduty.com/v2/enqueue",
    headers: { "content-type": "application/json" },
    body: {
      routing_key: "R".repeat(32),
      event_action: "trigger",
      dedup_key: "chaos-agents/r1",
      client: "Chaos Agents",
      client_url: link,
      links: [{ href: link, text: "The run in the control room" }],
      payload: {
        summary: "Rollback incomplete: shop <b> & co",
        source: "box.example",
        severity: "critical",
        timestamp: "2026-11-22T10:15:27.000Z",
        component: "shop <b> & co",
        class: "rollback-incomplete",
        custom_details: {
          text: "1 undo could not be done\n- reset work_mem: permission denied\nchaos recover r1",
          run: "r1",
          file: "chaos/shop.yaml",
          left: ["reset work_mem: permission denied"],
          left_in_all: 1,
          retry: "chaos recover r1",
        },
      },
    },
  });
  expect(sent(receiver, resolved).body).toEqual({
    routing_key: "R".repeat(32),
    event_action: "resolve",
    dedup_key: "chaos-agents/r1",
  });
  expect(sent(receiver, cutOffNotice).body.payload).toMatchObject({
    summary: "Cut off: shop <b> & co",
    severity: "error",
    class: "cut-off",
    custom_details: { left_in_all: 2, retry: "chaos recover r1" },
  });
  expect(sent(receiver, long).body.payload.summary.length).toBeLessThanOrEqual(1_024);
});
