import { Command, Option } from "commander";
import { expect, test } from "vitest";
import { candidates } from "./candidates.ts";

const program = new Command("chaos").option("-V, --version", "print the version");
program
  .command("run")
  .summary("run it")
  .argument("<file>")
  .option("--only <name>")
  .option("-n, --dry-run", "touch nothing");
program
  .command("report")
  .summary("report it")
  .argument("<run>")
  .addOption(new Option("--format <format>").choices(["html", "json"]))
  .option("-o, --out <file>");
program.command("validate").summary("check").argument("<files...>");
program.command("secret", { hidden: true });

const lookups = {
  run: async () => [
    { value: "last", description: "the newest" },
    { value: "2026-a", description: "" },
  ],
};
const complete = async (...words: string[]) => {
  const { values, files } = await candidates(program, words, lookups);
  return files ? "files" : values.map(({ value }) => value);
};

test("commands, without the hidden ones", async () => {
  expect(await complete("")).toEqual(["run", "report", "validate", "help"]);
  expect(await complete("re")).toEqual(["report"]);
  expect(await complete("unknown", "")).toEqual([]);
});

test("options, without those that stand there already", async () => {
  expect(await complete("run", "--")).toEqual(["--only", "--dry-run", "--help"]);
  expect(await complete("run", "-n", "--")).toEqual(["--only", "--help"]);
  expect(await complete("--v")).toEqual(["--version"]);
});

test("values of options and arguments, each from where it is known", async () => {
  expect(await complete("report", "--format", "")).toEqual(["html", "json"]);
  expect(await complete("report", "--format=h")).toEqual(["--format=html"]);
  expect(await complete("report", "--format", "=", "h")).toEqual(["html"]);
  expect(await complete("report", "--format", "=")).toEqual(["html", "json"]);
  expect(await complete("report", "la")).toEqual(["last"]);
  expect(await complete("report", "--format", "html", "2")).toEqual(["2026-a"]);
  expect(await complete("report", "last", "")).toEqual([]);
  expect(await complete("run", "--only", "x")).toEqual([]);
});

test("files are left to the shell", async () => {
  expect(await complete("run", "sh")).toBe("files");
  expect(await complete("report", "last", "--out", "")).toBe("files");
  expect(await complete("validate", "a.yaml", "b")).toBe("files");
});
