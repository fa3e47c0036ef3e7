import type { YAMLError } from "yaml";

interface Wording {
  message: string;
  hint?: string;
}

const byCode: Partial<Record<YAMLError["code"], Wording>> = {
  TAB_AS_INDENT: { message: "a tab cannot indent", hint: "use spaces" },
  MULTIPLE_DOCS: { message: "a second document starts here; a file holds one", hint: "remove the line with ---" },
  BAD_INDENT: {
    message: "this does not line up with the lines above",
    hint: "keys of one mapping start at the same column, and brackets have to be closed",
  },
  BLOCK_AS_IMPLICIT_KEY: {
    message: "there is a second key on this line",
    hint: "put a value that holds `: ` in quotes",
  },
  BAD_DQ_ESCAPE: {
    message: "there is no such escape between double quotes",
    hint: "write the backslash twice, or use single quotes",
  },
  RESOURCE_EXHAUSTION: { message: "this is nested too deeply" },
  KEY_OVER_1024_CHARS: { message: "this key is too long" },
  MULTILINE_IMPLICIT_KEY: { message: "a key has to stand on one line, with its colon" },
  NON_STRING_KEY: { message: "a key has to be text" },
  MULTIPLE_ANCHORS: { message: "a value has at most one anchor" },
  MULTIPLE_TAGS: { message: "a value has at most one tag" },
  ALIAS_PROPS: { message: "an alias has neither anchor nor tag" },
  TAG_RESOLVE_FAILED: { message: "this tag has no meaning here", hint: "remove the word that starts with !" },
  BAD_DIRECTIVE: { message: "this directive is not YAML 1.2", hint: "remove the line that starts with %" },
};

const anything: Wording = {
  message: "this is not valid YAML",
  hint: "look for quotes, brackets or indentation that do not match",
};

/** Our words for a YAML error. The library's own may hold what stands in the file, a password for one. */
export function yamlWording({ code, message }: YAMLError, restOfLine: string): Wording {
  if (code === "BLOCK_AS_IMPLICIT_KEY" && !/:(?:\s|$)/.test(restOfLine)) {
    return { message: "the next line is indented too far to be the key after this one" };
  }
  if (code === "BAD_SCALAR_START") {
    return { message: `a value cannot start with ${message.at(-1)}`, hint: "put it in quotes" };
  }
  if (code === "BAD_INDENT" && message.startsWith("Flow")) {
    return { message: `this bracket is not closed with ${message.at(-1)}` };
  }
  if (code !== "MISSING_CHAR") return byCode[code] ?? anything;
  const quote = /^Missing closing (["'])/.exec(message);
  if (quote) return { message: `this text is never closed with ${quote[1]}` };
  if (message.includes("map values")) return { message: "there is no colon after this key", hint: "write key: value" };
  if (message.startsWith("Flow")) return { message: `this bracket is not closed with ${message.at(-1)}` };
  if (message.startsWith("Comments")) return { message: "a comment needs a space before its #" };
  if (message.includes(", between")) return { message: "a comma is missing before this" };
  return anything;
}
