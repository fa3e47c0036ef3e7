import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { catalog } from "./index.ts";
import { read } from "./read.fixture.ts";

const config = join(import.meta.dirname, "../../../config");
const examples = globSync("*.yaml", { cwd: config }).sort();

describe("what we ship", () => {
  test("[CA-02] [CA-04] every example file validates", () => {
    const names = ["daemon.yaml", "example-db.yaml", "example-k8s.yaml", "example-llm.yaml", "example-server.yaml"];
    expect(examples).toEqual(expect.arrayContaining(names));
  });

  test.each(examples)("config/%s validates and names its schema", (name) => {
    const text = readFileSync(join(config, name), "utf8");
    expect(read(text, "validate").errors).toBe("");
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.\/experiment\.schema\.json\n/);
  });

  test.each(examples.filter((name) => !/llm|daemon/.test(name)))("config/%s can run", (name) => {
    expect(read(readFileSync(join(config, name), "utf8"), "run").errors).toBe("");
  });

  test("words are used once: kinds of target, skills, kinds of probe", () => {
    const { agents } = catalog;
    const words = agents.flatMap(({ target, aliases }) => [target, ...aliases]);
    const skills = agents.flatMap((agent) => agent.skills.map(({ name }) => name));
    const probes = [...catalog.probes, ...catalog.agents.flatMap((agent) => agent.probes)].map(({ kind }) => kind);
    for (const list of [words, skills, probes]) expect(list).toEqual([...new Set(list)]);
  });

  test("[CA-01] the documents' skills are all there", () => {
    const names = catalog.agents.flatMap(({ skills }) => skills.map(({ name }) => name));
    expect(names).toEqual(
      expect.arrayContaining([
        ...["insert_load", "update_load", "select_load", "config_change"].map((name) => `db.${name}`),
        ...["pod_kill", "node_drain", "network_chaos", "resource_stress"].map((name) => `k8s.${name}`),
        ...["disk_fill", "permission_change", "service_stop", "cpu_stress", "memory_stress"].map((n) => `server.${n}`),
      ]),
    );
  });

  test("loading the catalog loads no driver", () => {
    const program = `
      import { registerHooks } from "node:module";
      const loaded = [];
      registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
      await import(${JSON.stringify(join(import.meta.dirname, "index.ts"))});
      console.log(loaded.filter((url) => /node_modules\\/(pg|mysql2|pg-copy-streams)\\//.test(url)).join("\\n"));
    `;
    expect(execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" }).trim()).toBe(
      "",
    );
  });
});
