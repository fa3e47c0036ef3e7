import { describe, expect, test } from "vitest";
import { fixtureCatalog } from "./catalog.fixture.ts";
import { type ParseOptions, type ParsedFile, parseExperimentFile, renderDiagnostics } from "./index.ts";

const parse = (input: string | Uint8Array, options: Partial<ParseOptions> = {}): ParsedFile =>
  parseExperimentFile(input, { catalog: fixtureCatalog, env: {}, file: "test.yaml", purpose: "run", ...options });

function only(text: string, options: Partial<ParseOptions> = {}) {
  const { diagnostics, experiments } = parse(text, options);
  expect(renderDiagnostics(diagnostics)).toBe("");
  expect(experiments).toHaveLength(1);
  return experiments[0]!;
}

const target = "target: db, target_config: { connection_url: 'postgres://h/shop' }";

describe("a file of experiments", () => {
  test("[CA-07] every key of the documents has its place, and defaults where it is left out", () => {
    const { experiment, line } = only(`# a comment
experiments:
  - name: load
    target: database
    target_config:
      connection_url: postgres://chaos@localhost/shop
      db_type: postgres
    skills:
      - skill_name: db.insert_load
        params:
          rows_per_table: 10000
          tables: ["users", "orders"]
        count: 3
      - skill_name: db.config_change
        params: { changes: [{ param: work_mem, value: 4MB }] }
    duration: "1h 30m"
    parallel: true
    resource_filters: ["nginx.*"]
`);
    expect(line).toBe(3);
    expect(experiment).toEqual({
      name: "load",
      tags: [],
      targets: {
        database: {
          kind: "database",
          config: { connection_url: "postgres://chaos@localhost/shop", db_type: "postgres", schemas: [] },
        },
      },
      skills: [
        {
          skill: "db.insert_load",
          params: { rows_per_table: 10_000, tables: ["users", "orders"] },
          count: 3,
          target: "database",
        },
        {
          skill: "db.config_change",
          params: { changes: [{ param: "work_mem", value: "4MB" }] },
          count: 1,
          target: "database",
        },
      ],
      duration: 5_400_000,
      parallel: true,
      resourceFilters: ["nginx.*"],
      steadyState: [],
      guards: [],
      recoveryDeadline: 60_000,
    });
  });

  test("several targets: skills and probes find the only one of their kind, or name theirs", () => {
    const { experiment } = only(
      `experiments:
  - name: coordinated
    targets:
      shop: { ${target} }
      web: { target: srv, target_config: { hosts: [{ host: a }] } }
    skills:
      - skill_name: db.insert_load
        at: 10s
        duration: 20s
      - skill_name: server.service_stop
      - { skill_name: db.update_load, target: shop }
    steady_state:
      - { name: rows, type: sql, query: select 1, expect: "> 0", every: 500ms, max_latency: 1s }
      - { name: page, type: http, url: "http://localhost/", when: [after] }
    guards:
      - { name: page, type: http, url: "http://localhost/", expect: 200, for: 2s, timeout: 1s }
    blast_radius: { tables: 2 }
`,
    );
    expect(Object.keys(experiment.targets)).toEqual(["shop", "web"]);
    expect(experiment.targets["web"]!.kind).toBe("server");
    expect(experiment.skills.map(({ target, at, duration }) => [target, at, duration])).toEqual([
      ["shop", 10_000, 20_000],
      ["web", undefined, undefined],
      ["shop", undefined, undefined],
    ]);
    expect(experiment.steadyState).toMatchObject([
      { kind: "sql", target: "shop", params: { query: "select 1" }, expect: "> 0", every: 500, maxLatency: 1_000 },
      { kind: "http", params: { status: 200 }, when: ["after"], every: 1_000, timeout: 5_000 },
    ]);
    expect(experiment.guards).toMatchObject([{ expect: "== 200", for: 2_000, every: 250, timeout: 1_000 }]);
    expect(experiment.blastRadius).toEqual({ tables: 2 });
  });

  test("no skills and no target is an experiment that only watches", () => {
    const { experiment } = only(`experiments:
  - name: watch
    steady_state: [{ name: port, type: tcp, host: localhost, port: 80 }]
`);
    expect(experiment).toMatchObject({ targets: {}, skills: [] });
  });

  test("anchors, aliases and merges work, and are told apart by their paths", () => {
    const text = `experiments:
  - &base
    name: one
    ${target.replaceAll(", target_config", "\n    target_config")}
    skills: &skills [{ skill_name: db.insert_load }]
  - <<: *base
    name: two
    skills: *skills
`;
    expect(parse(text).experiments.map(({ experiment }) => experiment.name)).toEqual(["one", "two"]);
    const broken = parse(text.replace("db.insert_load", "db.nope")).diagnostics;
    expect(broken.map(({ line, path }) => [line, path])).toEqual([[6, "experiments[0].skills[0].skill_name"]]);
  });
});

describe("variables", () => {
  const counted = (rows: string) => `experiments:
  - name: load
    ${target.replaceAll(", target_config", "\n    target_config")}
    skills:
      - skill_name: db.insert_load
        params: { rows_per_table: ${rows}, tables: ["\${TABLE:-orders}"] }
`;

  test("a lone reference stands for a number where one is wanted, and for text where not", () => {
    const { experiment } = only(counted('"${ROWS}"'), { env: { ROWS: "25", TABLE: "2026" } });
    expect(experiment.skills[0]!.params).toEqual({ rows_per_table: 25, tables: ["2026"] });
  });

  test("a reference among other text stays text", () => {
    const { diagnostics } = parse(counted('"${ROWS}0"'), { env: { ROWS: "25" } });
    expect(diagnostics.map(({ message }) => message)).toEqual(["rows_per_table must be a number, not text"]);
  });

  test("a value cannot become YAML", () => {
    const evil = "a\n  - name: injected\n    skills: []\n#";
    const file = parse('experiments:\n  - { name: "${NAME}" }\n', { env: { NAME: evil } });
    expect(file.names).toEqual([evil]);
    expect(file.experiments).toHaveLength(1);
  });

  test("to validate, a missing variable is a warning, and what it is part of is not judged", () => {
    const text = counted('"${ROWS}"').replace("postgres://h/shop", "${DATABASE_URL}");
    const { diagnostics, experiments, names } = parse(text, { purpose: "validate" });
    expect(diagnostics.map(({ level, message }) => [level, message])).toEqual([
      ["warning", "the variable DATABASE_URL is not set"],
      ["warning", "the variable ROWS is not set"],
    ]);
    expect(experiments).toEqual([]);
    expect(names).toEqual(["load"]);
    expect(parse('experiments: [{ name: x, owner: "${OWNER}" }]', { purpose: "validate" }).experiments).toEqual([]);
    expect(parse(text).diagnostics.map(({ level }) => level)).toEqual(["error", "error"]);
  });
});

test("to run one experiment, the others need not be able to", () => {
  const text = `experiments:
  - { name: one, ${target}, owner: &owner "\${OWNER:-me}" }
  - { name: two, target: srv, target_config: { hosts: [{ host: "\${SERVER}" }] } }
  - { name: three, ${target}, owner: *owner, ticket: &ticket "\${TICKET}" }
  - { name: four, ${target}, ticket: *ticket }
`;
  const levels = (only?: string) => parse(text, { only }).diagnostics.map(({ level, line }) => [line, level]);
  expect(levels("one")).toEqual([
    [3, "warning"],
    [4, "warning"],
  ]);
  expect(parse(text, { only: "one" }).experiments.map(({ experiment }) => experiment.name)).toEqual(["one"]);
  expect(levels("four")).toEqual([
    [3, "warning"],
    [4, "error"],
  ]);
  expect(levels()).toEqual([
    [3, "error"],
    [4, "error"],
  ]);
});

describe("other files", () => {
  test("[CA-06] a daemon's file: settings, and when each experiment is due", () => {
    const file = parse(`settings:
  max_concurrent: 2
experiments:
  - experiment: { name: nightly, ${target}, skills: [{ skill_name: db.insert_load }] }
    schedule: "0 0 2 * * *"
  - experiment: { name: never, ${target} }
    schedule: "*/30 0 2 * * MON-FRI"
    enabled: false
`);
    expect(renderDiagnostics(file.diagnostics)).toBe("");
    expect(file).toMatchObject({
      kind: "daemon",
      names: ["nightly", "never"],
      daemon: {
        maxConcurrent: 2,
        jobs: [
          { name: "nightly", schedule: "0 0 2 * * *", enabled: true },
          { name: "never", enabled: false },
        ],
      },
    });
    expect(file.experiments).toHaveLength(2);
  });

  test("[CA-11] a planner's file: provider, servers, prompt, turns", () => {
    const file = parse(
      `llm: { provider: openai, api_key: "\${KEY}", model: m, base_url: "http://localhost:11434" }
mcp_servers:
  - { name: a, transport: { type: stdio, command: npx, args: ["-y", "x"] }, env: { A: "1" } }
  - { name: b, transport: { type: sse, url: "http://localhost:8080/mcp" } }
system_prompt: be careful
`,
      { env: { KEY: "sk-1" } },
    );
    expect(renderDiagnostics(file.diagnostics)).toBe("");
    expect(file.llm).toMatchObject({
      llm: { provider: "openai", api_key: "sk-1", max_tokens: 4_096 },
      mcp_servers: [{ transport: { command: "npx" } }, { transport: { url: "http://localhost:8080/mcp" }, env: {} }],
      system_prompt: "be careful",
      max_turns: 10,
    });
  });
});
