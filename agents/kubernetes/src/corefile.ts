/** A block of a Corefile that answers for zones: where its plugins begin, and what stands in it. */
interface ServerBlock {
  /** Just behind its opening brace. */
  at: number;
  text: string;
}

/** The server blocks; snippets, which only others import, are none. */
export function serverBlocks(corefile: string): ServerBlock[] {
  const blocks: ServerBlock[] = [];
  let depth = 0;
  let opened: { at: number; isSnippet: boolean } | undefined;
  let head = "";
  // words as CoreDNS takes them: quoted, comments to the end of their line, or up to the next space
  for (const { 0: word, index } of corefile.matchAll(/"(?:\\.|[^"\\])*"|#[^\n]*|\n|[^\s"#]\S*/g)) {
    if (word.startsWith("#")) continue;
    if (word === "{") {
      if (depth++ === 0) opened = { at: index + 1, isSnippet: head.startsWith("(") };
    } else if (word === "}") {
      if (--depth === 0 && opened) {
        if (!opened.isSnippet) blocks.push({ at: opened.at, text: corefile.slice(opened.at, index) });
        opened = undefined;
        head = "";
      }
    } else if (depth === 0 && word !== "\n" && head === "") head = word;
  }
  return blocks;
}

/** The same with these lines at the top of every server block. */
export function withPlugins(corefile: string, lines: readonly string[]): string {
  const text = lines.map((line) => `\n    ${line}`).join("");
  return serverBlocks(corefile)
    .toReversed()
    .reduce((file, { at }) => `${file.slice(0, at)}${text}${file.slice(at)}`, corefile);
}

/** Whether a block has the plugin, said itself. */
export const hasPlugin = ({ text }: ServerBlock, plugin: string): boolean =>
  text.split("\n").some((line) => line.trim().split(/\s+/)[0] === plugin);

export type DnsAnswer = "nxdomain" | "servfail" | "refused" | "none" | { address: string };

/** So that whoever keeps a "no" keeps it for some seconds only. */
const briefly = 'authority "{{ .Zone }} 5 IN SOA chaos-agents.invalid. chaos-agents.invalid. 1 5 5 5 5"';

/** What makes CoreDNS answer so for these names and all below them, whatever else its blocks say. */
export function answering(names: readonly string[], answer: DnsAnswer): string[] {
  const zones = names.map((name) => (name === "*" ? "." : name)).join(" ");
  const block = (plugin: string, ...lines: string[]) => [
    `${plugin} ${zones} {`,
    ...lines.map((line) => `    ${line}`),
    "}",
  ];
  // acl is asked before the cache; template after it, but a reload empties the cache
  if (answer === "none" || answer === "refused")
    return block("acl", `${answer === "none" ? "drop" : "block"} net 0.0.0.0/0 ::/0`);
  if (answer === "servfail") return block("template ANY ANY", "rcode SERVFAIL");
  if (answer === "nxdomain") return block("template ANY ANY", "rcode NXDOMAIN", briefly);
  const type = answer.address.includes(":") ? "AAAA" : "A";
  return [
    ...block(`template IN ${type}`, `answer "{{ .Name }} 5 IN ${type} ${answer.address}"`),
    ...block("template ANY ANY", "rcode NOERROR", briefly),
  ];
}
