import { starterExperiment } from "@chaos-agents/experiment-file";
import { describe, expect, test } from "vitest";
import { catalog } from "./index.ts";
import { read } from "./read.fixture.ts";

describe("a starter file", () => {
  const { agents } = catalog;
  const words = agents.flatMap(({ target, aliases, skills }) => [target, ...aliases].map((word) => ({ word, skills })));

  test.each(words)("for $word validates with every skill there is", ({ word, skills }) => {
    for (const names of [[], ...skills.map(({ name }) => [name]), skills.map(({ name }) => name)]) {
      const text = starterExperiment({ kind: word, urlVariable: "URL", skills: names, duration: "5m" }, catalog);
      expect(read(text, "validate").errors).toBe("");
      const uncommented = text.replace(/^ {4}# (steady_state|guards|blast_radius|parallel|  )/gm, "    $1");
      expect(read(uncommented, "validate").errors).toBe("");
    }
  });

  test("takes the connection URL from the variable", () => {
    const answers = { kind: "db", urlVariable: "SHOP_URL", skills: [], duration: "5m", name: "mine" };
    const text = starterExperiment(answers, catalog);
    const { experiments } = read(text, "run", { SHOP_URL: "postgres://me@localhost/shop" });
    expect(experiments[0]!.experiment).toMatchObject({
      name: "mine",
      duration: 300_000,
      targets: { database: { config: { connection_url: "postgres://me@localhost/shop" } } },
    });
  });

  test("unknown words are refused with the right one", () => {
    const answers = { kind: "databse", skills: [], duration: "5m" };
    expect(() => starterExperiment(answers, catalog)).toThrow(
      expect.objectContaining({ code: "usage", remedy: 'did you mean "database"?' }),
    );
    expect(() => starterExperiment({ ...answers, kind: "db", skills: ["db.insert_laod"] }, catalog)).toThrow(
      expect.objectContaining({ code: "unknown-skill", remedy: 'did you mean "db.insert_load"?' }),
    );
  });
});
