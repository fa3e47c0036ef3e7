import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { palettes } from "@chaos-agents/report/theme";

test("a colour means the same on the page and in the HTML report", async () => {
  const css = await readFile(join(import.meta.dirname, "app.css"), "utf8");
  for (const [name, light] of Object.entries(palettes.light)) {
    const dark = palettes.dark[name as keyof typeof palettes.dark];
    expect(css).toContain(`--${name}: light-dark(${light}, ${dark});`);
  }
});
