import { type Experiment, formatDuration } from "@chaos-agents/core";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { fixtureCatalog as catalog } from "./catalog.fixture.ts";
import { parseExperimentFile, renderDiagnostics, reviveExperiment } from "./index.ts";

function planned(text: string, env: Record<string, string> = {}) {
  const { diagnostics, experiments } = parseExperimentFile(text, { catalog, env, file: "t.yaml", purpose: "run" });
  expect(renderDiagnostics(diagnostics)).toBe("");
  return experiments[0]!;
}

const withUrl = (url: string) =>
  stringify({ experiments: [{ name: "x", target: "db", target_config: { connection_url: url } }] });

describe("what goes to the journal", () => {
  test("variables stay variables, literal secrets are taken out, and all are known for redaction", () => {
    const text = `experiments:
  - name: x
    target: db
    target_config: { connection_url: "postgres://u:lit%40eral@\${HOST}/shop?sslpassword=\${KEY}" }
    steady_state:
      - { name: page, type: http, url: "http://h/", headers: { Authorization: "Bearer abc", X-Trace: "\${API_TOKEN}" } }
`;
    const env = { HOST: "db", KEY: "key-pass", API_TOKEN: "tok-1" };
    const { source, secrets, knownSecrets, redact, experiment } = planned(text, env);
    expect(source).toMatchObject({
      target_config: { connection_url: "postgres://u:${secret:1}@${HOST}/shop?sslpassword=${KEY}" },
      steady_state: [{ headers: { Authorization: "${secret:2}", "X-Trace": "${API_TOKEN}" } }],
    });
    expect(secrets).toEqual({ 1: "lit%40eral", 2: "Bearer abc" });
    expect([...knownSecrets]).toEqual(
      expect.arrayContaining(["lit%40eral", "lit@eral", "key-pass", "tok-1", "Bearer abc"]),
    );
    expect(redact("failed for lit@eral with tok-1")).toBe("failed for *** with ***");
    expect(reviveExperiment({ source, secrets }, { catalog, env }).experiment).toEqual(experiment);
  });

  test("a default that held a secret is not in the source either", () => {
    const { source, secrets, experiment } = planned(withUrl("postgres://u:${PW:-hunter2}@${HOST:-h}/d"));
    expect(JSON.stringify(source)).not.toContain("hunter2");
    const later = { PW: "set since", HOST: "elsewhere" };
    expect(reviveExperiment({ source, secrets }, { catalog, env: later }).experiment).toEqual(experiment);
  });

  test("nor is the default of a variable with a secret's name, wherever it stands", () => {
    const text = `experiments:
  - { name: x, guards: [{ name: g, type: http, url: "http://h/", headers: { X-Trace: "id \${API_TOKEN:-hunter2}" } }] }
`;
    const { source, secrets, redact, experiment } = planned(text);
    expect(JSON.stringify(source)).not.toContain("hunter2");
    expect(redact("sent hunter2")).toBe("sent ***");
    expect(reviveExperiment({ source, secrets }, { catalog, env: {} }).experiment).toEqual(experiment);
  });

  test("a variable that is gone is asked for by name", () => {
    const { source, secrets } = planned(withUrl("${DATABASE_URL:-postgres://localhost/other}"), {
      DATABASE_URL: "postgres://u:p@h/d",
    });
    expect(() => reviveExperiment({ source, secrets }, { catalog, env: {} })).toThrow(
      expect.objectContaining({
        code: "missing-secret",
        message: "the variable DATABASE_URL is not set, and was when the run began",
        remedy: "export DATABASE_URL with the same value as then, and try again",
      }),
    );
  });

  test("literal secrets that are gone are said to be gone", () => {
    const { source } = planned(withUrl("postgres://u:hunter2@h/d"));
    expect(() => reviveExperiment({ source, secrets: {} }, { catalog, env: {} })).toThrow(
      expect.objectContaining({ code: "missing-secret" }),
    );
  });

  test("a journal that this version cannot read says why, without a place in a file", () => {
    const source = { name: "x", target: "oracle", target_config: {} };
    expect(() => reviveExperiment({ source, secrets: {} }, { catalog, env: {} })).toThrow(
      /cannot read the journal's experiment\nthe experiment in the journal: there is no target "oracle"/,
    );
  });

  test("no secret is ever in the source, and it always comes back", () => {
    const secret = fc
      .string({ minLength: 6, unit: fc.constantFrom(...Array.from("abcXYZ0129!$%*()-_=+[]{};:,.~^&@")) })
      .filter((text) => !text.includes("${"));
    fc.assert(
      fc.property(secret, secret, (urlPassword, token) => {
        const url = `postgres://u:${encodeURIComponent(urlPassword)}@h/d`;
        const text = stringify({
          experiments: [
            {
              name: "x",
              target: "db",
              target_config: { connection_url: url },
              guards: [{ name: "g", type: "http", url: "http://h/", headers: { authorization: token } }],
            },
          ],
        });
        const { source, secrets, redact, experiment } = planned(text);
        const stored = JSON.stringify(source);
        expect(stored).not.toContain(JSON.stringify(token).slice(1, -1));
        expect(stored).not.toContain(`:${encodeURIComponent(urlPassword)}@`);
        expect(redact(`<${urlPassword}> <${token}>`)).toBe("<***> <***>");
        expect(reviveExperiment({ source, secrets }, { catalog, env: {} }).experiment).toEqual(experiment);
      }),
    );
  });
});

describe("any experiment", () => {
  const name = fc.string({ minLength: 1, unit: "grapheme" }).map((text) => text.replaceAll("$", "S"));
  const printable = name.filter((text) => !/[\p{Cc}\ufffe\uffff]/u.test(text));
  const duration = fc.integer({ min: 10, max: 86_400_000 });
  const skill = fc.oneof(
    fc.record({
      skill_name: fc.constant("db.insert_load"),
      params: fc.record({ rows_per_table: fc.integer({ min: 1, max: 2 ** 40 }), tables: fc.array(printable) }),
      count: fc.integer({ min: 1, max: 10_000 }),
    }),
    fc.record({
      skill_name: fc.constant("db.config_change"),
      params: fc.record({
        changes: fc.array(
          fc.record({
            param: printable,
            value: fc.oneof(
              printable,
              fc.integer(),
              fc.boolean(),
              fc.double({ noNaN: true, noDefaultInfinity: true, max: 1e9, min: -1e9 }),
            ),
          }),
          { minLength: 1, maxLength: 3 },
        ),
      }),
      count: fc.constant(1),
    }),
  );
  const experiment = fc.record({
    name: printable,
    owner: printable,
    tags: fc.array(printable, { maxLength: 3 }),
    skills: fc.array(skill, { maxLength: 4 }),
    duration,
    parallel: fc.boolean(),
    recovery_deadline: duration,
    guards: fc.uniqueArray(fc.record({ name: printable, every: duration, for: duration, status: fc.integer() }), {
      selector: (guard) => guard.name,
      maxLength: 3,
    }),
  });

  test("written as YAML and read again is the same", () => {
    fc.assert(
      fc.property(experiment, (given) => {
        const target = { target: "database", target_config: { connection_url: "postgres://h/d" } };
        const guards = given.guards.map((guard) => ({
          ...guard,
          type: "http",
          url: "http://h/",
          every: formatDuration(guard.every),
          for: formatDuration(guard.for),
        }));
        const times = {
          duration: formatDuration(given.duration),
          recovery_deadline: formatDuration(given.recovery_deadline),
        };
        const read = planned(stringify({ experiments: [{ ...given, ...target, ...times, guards }] }));
        const wanted: Experiment = {
          name: given.name,
          owner: given.owner,
          tags: given.tags,
          targets: { database: { kind: "database", config: { connection_url: "postgres://h/d", schemas: [] } } },
          skills: given.skills.map(({ skill_name, params, count }) => ({
            skill: skill_name,
            params,
            count,
            target: "database",
          })),
          duration: given.duration,
          parallel: given.parallel,
          resourceFilters: [],
          steadyState: [],
          guards: given.guards.map(({ name, every, for: patience, status }) => ({
            name,
            kind: "http",
            params: { url: "http://h/", status, headers: {} },
            every,
            timeout: 5_000,
            for: patience,
          })),
          recoveryDeadline: given.recovery_deadline,
        };
        expect(read.experiment).toEqual(wanted);
        expect(reviveExperiment(read, { catalog, env: {} }).experiment).toEqual(wanted);
      }),
    );
  });
});
