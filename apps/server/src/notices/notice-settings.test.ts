import { ChaosError } from "@chaos-agents/core";
import { expect, test } from "vitest";
import { readNotices } from "./notice-settings.ts";
import { nobody } from "./notice.fixture.ts";

const complaint = (env: Record<string, string>): string => {
  try {
    readNotices(env);
  } catch (error) {
    if (error instanceof ChaosError) return `${error.code}: ${error.message}`;
  }
  return "none";
};

test("nothing set: nobody is told, and empty is not set", () => {
  expect(readNotices({})).toEqual(nobody);
  expect(readNotices({ CHAOS_WEBHOOK_URL: "", GRAFANA_TOKEN: "", DD_SITE: "" })).toEqual(nobody);
});

test("everybody set", () => {
  const env = {
    CHAOS_PUBLIC_URL: "https://chaos.example/room/",
    CHAOS_WEBHOOK_URL: "http://10.1.2.3:8080/in?key=1",
    CHAOS_WEBHOOK_SECRET: "a secret of some length",
    CHAOS_SLACK_WEBHOOK_URL: "https://hooks.slack.com/services/T/B/x",
    GRAFANA_URL: "https://grafana.example/",
    GRAFANA_TOKEN: "glsa_4711",
    DD_API_KEY: "k4711",
    DD_SITE: "datadoghq.eu",
    PAGERDUTY_ROUTING_KEY: "R".repeat(32),
    PATH: "/usr/bin",
  };
  expect(readNotices(env)).toEqual({
    publicUrl: "https://chaos.example/room",
    webhook: { url: "http://10.1.2.3:8080/in?key=1", secret: "a secret of some length" },
    slack: { url: "https://hooks.slack.com/services/T/B/x" },
    grafana: { url: "https://grafana.example", token: "glsa_4711" },
    datadog: { url: "https://api.datadoghq.eu", key: "k4711" },
    pagerduty: { url: "https://events.pagerduty.com", routingKey: "R".repeat(32) },
  });
  expect(readNotices({ DD_API_KEY: "k" }).datadog).toEqual({ url: "https://api.datadoghq.com", key: "k" });
  const eu = { PAGERDUTY_ROUTING_KEY: "R".repeat(32), PAGERDUTY_EVENTS_URL: "https://events.eu.pagerduty.com" };
  expect(readNotices(eu).pagerduty?.url).toBe("https://events.eu.pagerduty.com");
});

test("what is wrong is said by name, all of it at once, and no value is repeated", () => {
  const said = complaint({
    CHAOS_WEBHOOK_URL: "ftp://files.example/s3cret-path",
    CHAOS_WEBHOOK_SECRET: "s3cret-short",
    GRAFANA_TOKEN: "s3cret\r\nx-other: 1",
    DD_API_KEY: "k4711",
    DD_SITE: "datadoghq.eu/@s3cret.example",
    PAGERDUTY_ROUTING_KEY: "s3cret",
  });
  expect(said).toMatch(/^usage: /);
  for (const words of [
    "CHAOS_WEBHOOK_URL has to be an http or https URL",
    "CHAOS_WEBHOOK_SECRET has to be 16 characters or more",
    "GRAFANA_TOKEN must have neither spaces nor line breaks in it",
    "GRAFANA_TOKEN needs GRAFANA_URL",
    "DD_SITE has to be a site such as datadoghq.eu",
    "PAGERDUTY_ROUTING_KEY has to be the 32 characters",
  ])
    expect(said).toContain(words);
  expect(said).not.toContain("s3cret");
  expect(complaint({ CHAOS_WEBHOOK_URL: "https://amy:s3cret@hooks.example/" })).toBe(
    "usage: Notices cannot be sent as configured: CHAOS_WEBHOOK_URL must not have a name or password in it",
  );
  expect(complaint({ CHAOS_WEBHOOK_SECRET: "a secret of some length" })).toContain("needs CHAOS_WEBHOOK_URL");
});
