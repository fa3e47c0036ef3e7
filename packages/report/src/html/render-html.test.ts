import { createHash } from "node:crypto";
import { defaultTreeAdapter as tree, type DefaultTreeAdapterTypes, parse } from "parse5";
import { describe, expect, test } from "vitest";
import { foldRun } from "../fold/run-fold.ts";
import { demoRun, demoStart } from "../test/demo-run.fixture.ts";
import { hostile, hostileLong, tainted } from "../test/hostile.fixture.ts";
import { visible } from "../visible.ts";
import { chartFrame } from "./fault-marks.ts";
import { renderHtml } from "./render-html.ts";
import { timeAxis } from "./time-axis.ts";

type Node = DefaultTreeAdapterTypes.Node;
type Element = DefaultTreeAdapterTypes.Element;

function elements(html: string): Element[] {
  const found: Element[] = [];
  const walk = (node: Node) => {
    if (tree.isElementNode(node)) found.push(node);
    if ("childNodes" in node) for (const child of node.childNodes) walk(child);
  };
  walk(parse(html));
  return found;
}

const textOf = (node: Node): string =>
  tree.isTextNode(node) ? node.value : "childNodes" in node ? node.childNodes.map(textOf).join("") : "";
const attribute = (element: Element, name: string) => element.attrs.find((one) => one.name === name)?.value;
const skeleton = (html: string) =>
  elements(html).map(({ tagName, attrs }) => `${tagName} ${attrs.map(({ name }) => name).join(" ")}`);

const demo = renderHtml(foldRun(demoRun()));

describe("a report from names that mean harm", () => {
  const events = demoRun({ stuck: true, unlanded: true });
  const tame = renderHtml(foldRun(tainted(events, " abc")));
  test.each([hostile, hostileLong, "</script><b>"])("has the elements and attributes of a tame one", (poison) => {
    const html = renderHtml(foldRun(tainted(events, poison)));
    expect(skeleton(html)).toEqual(skeleton(tame));
    for (const character of ["\u0000", "\u001b", "\u009b", "\u202e", "\u2066"])
      expect(html.includes(character)).toBe(false);
    expect(html.isWellFormed()).toBe(true);
  });

  test("shows them as they are", () => {
    const html = renderHtml(foldRun(tainted(events, hostile)));
    const heading = elements(html).find(({ tagName }) => tagName === "h1")!;
    expect(textOf(heading).trim()).toBe(
      visible(`Checkout under siege${hostile}`).slice(0, 200) + textOf(heading).trim().slice(200),
    );
    expect(textOf(heading)).toContain("<script>alert(1)</script>");
  });

  test("cuts what nobody reads to the end, and stays small", () => {
    const html = renderHtml(foldRun(tainted(events, hostileLong)));
    expect(html.length).toBeLessThan(400_000);
    expect(html).toContain("more characters)");
  });
});

describe("one file that needs nothing else", () => {
  test("whatever is inline is what the policy allows, and nothing else is", () => {
    const all = elements(demo);
    const policy = attribute(
      all.find((e) => attribute(e, "http-equiv") === "Content-Security-Policy")!,
      "content",
    )!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
    const hash = (element: Element) => `'sha256-${createHash("sha256").update(textOf(element)).digest("base64")}'`;
    const style = all.filter(({ tagName }) => tagName === "style");
    const script = all.filter((e) => e.tagName === "script" && attribute(e, "type") !== "application/json");
    expect(style.map(hash)).toEqual([/style-src ('sha256-[^']+')/.exec(policy)![1]]);
    expect(script.map(hash)).toEqual([/script-src ('sha256-[^']+')/.exec(policy)![1]]);
    expect(all.filter((e) => attribute(e, "style") !== undefined)).toEqual([]);
    expect(all.flatMap(({ attrs }) => attrs).filter(({ name }) => name.startsWith("on"))).toEqual([]);
  });

  test("nothing is fetched from anywhere", () => {
    const fetching = elements(demo).filter((e) =>
      ["link", "img", "iframe", "object", "embed", "base", "use", "image"].includes(e.tagName),
    );
    expect(fetching).toEqual([]);
    expect(
      elements(demo)
        .flatMap(({ attrs }) => attrs)
        .filter(({ name }) => name === "src" || name.endsWith("href")),
    ).toEqual([]);
    expect(demo).not.toMatch(/url\(|@import|https?:/);
  });

  test("ten minutes at four samples a second stay under 400 KB, and say how they were thinned", () => {
    const html = renderHtml(foldRun(demoRun({ stretch: 19.5 })));
    expect(html.length).toBeLessThan(400_000);
    expect(html).toContain("each step shows the lowest and the highest value measured");
    expect(demo).not.toContain("each step shows");
  });
});

describe("readable without eyes", () => {
  const all = elements(demo);

  test("every table has its caption, every drawing its words, every heading its turn", () => {
    const tables = all.filter(({ tagName }) => tagName === "table");
    expect(tables.length).toBeGreaterThan(4);
    for (const table of tables) {
      expect(table.childNodes.some((node) => tree.isElementNode(node) && node.tagName === "caption")).toBe(true);
    }
    const drawings = all.filter((e) => e.tagName === "svg" && attribute(e, "class")?.includes("plot"));
    expect(drawings.length).toBeGreaterThan(4);
    for (const drawing of drawings) expect(attribute(drawing, "aria-label")).toMatch(/\w+ .*\./s);
    expect(all.filter(({ tagName }) => tagName === "h1")).toHaveLength(1);
    const labelled = all.map((e) => attribute(e, "aria-labelledby")).filter((id) => id !== undefined);
    const ids = all.map((e) => attribute(e, "id")).filter((id) => id !== undefined);
    expect(ids).toEqual(expect.arrayContaining(labelled));
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("the charts say before and during in words", () => {
    const latency = all.map((e) => attribute(e, "aria-label") ?? "").find((label) => label.includes("traffic latency"));
    expect(latency).toMatch(
      /p95: median 1\d(\.\d)? ms before the faults; median 1\.8\d? s, highest 2\.0\d? s during them/,
    );
  });
});

test.each([
  ["killed", { killedAt: 17_000 }, /Unfinished[\s\S]*chaos recover 20261122-093004-k7qd/],
  ["rollback incomplete", { stuck: true }, /Rollback incomplete[\s\S]*permission denied to set parameter/],
  ["refused", { refused: true }, /GRANT ALTER SYSTEM ON PARAMETER work_mem TO chaos;/],
  ["zero faults", { faults: false }, /Nothing was broken; the system was only watched/],
  ["guard", { guardAt: 21_000 }, /Stopped by a guard/],
] as const)("the report of a run that was %s says so", (_, options, words) => {
  expect(renderHtml(foldRun(demoRun(options)))).toMatch(words);
});

test("an end in the last moments is named within the chart, together with the undo before it", () => {
  const events = demoRun().filter(({ at }) => at <= demoStart + 33_000);
  const texts = elements(renderHtml(foldRun(events)))
    .filter((e) => attribute(e, "class")?.startsWith("mark "))
    .map((e) => [attribute(e, "class"), textOf(e)]);
  expect(texts).toEqual([["mark good end", "undo, steady"]]);
  const early = elements(demo).filter((e) => attribute(e, "class")?.startsWith("mark "));
  expect(early.map(textOf)).toEqual(["undo", "steady"]);
});

test("errors come in bursts: beside their name stands the most, not the median", () => {
  const readings = elements(demo).filter((e) => attribute(e, "class") === "reading");
  const usual = readings.map((e) => attribute(e, "data-usual")!);
  expect(usual.filter((words) => words.startsWith("most"))).toEqual(["most 0 → 30"]);
});

test("a fault whose undo failed is shown as standing to the end", () => {
  const report = foldRun(demoRun({ stuck: true }));
  const frame = chartFrame(report, timeAxis(report));
  expect(frame.windows.find(({ name }) => name === "db.config_change")!.until).toBe(100);
  expect(frame.windows.find(({ name }) => name === "db.table_lock")!.until).toBeLessThan(80);
  expect(renderHtml(report)).toContain("since 16.2s");
});
