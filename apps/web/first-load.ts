import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

/** Prints what a browser loads before it can show anything, and fails the build when that is too much. */
export function firstLoad({ mostKilobytes }: { mostKilobytes: number }): Plugin {
  return {
    name: "first-load",
    apply: "build",
    generateBundle(_, bundle) {
      const chunks = new Map(
        Object.values(bundle).flatMap((item) => (item.type === "chunk" ? [[item.fileName, item]] : [])),
      );
      const first = new Set<string>();
      const enter = (name: string) => {
        const chunk = chunks.get(name);
        if (!chunk || first.has(name)) return;
        first.add(name);
        chunk.imports.forEach(enter);
      };
      for (const chunk of chunks.values()) if (chunk.isEntry) enter(chunk.fileName);
      const bytes = [...first].reduce((sum, name) => sum + gzipSync(chunks.get(name)!.code).length, 0);
      const kilobytes = Math.round(bytes / 102.4) / 10;
      const words = `first load: ${kilobytes} kB of JavaScript, gzipped (at most ${mostKilobytes})`;
      if (kilobytes > mostKilobytes) this.error(words);
      console.log(`\n${words}`);
    },
  };
}
