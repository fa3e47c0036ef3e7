import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** The page's own colours, so that light and dark need no second theme. */
export const editorTheme = [
  EditorView.theme({
    "&": {
      color: "var(--ink)",
      backgroundColor: "var(--card)",
      fontSize: "0.84375rem",
      maxHeight: "calc(100dvh - 16rem)",
      minHeight: "20rem",
    },
    "&.cm-focused": { outline: "none" },
    ".cm-scroller": { fontFamily: "var(--font-mono, ui-monospace, monospace)", lineHeight: "1.6" },
    ".cm-content": { caretColor: "var(--ink)", padding: "0.75rem 0" },
    ".cm-gutters": { backgroundColor: "var(--card)", color: "var(--soft)", border: "none" },
    ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--main) 7%, transparent)" },
    "&.cm-focused .cm-cursor": { borderLeftColor: "var(--ink)" },
    "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
      backgroundColor: "color-mix(in srgb, var(--main) 25%, transparent)",
    },
    ".cm-tooltip": {
      backgroundColor: "var(--card)",
      color: "var(--ink)",
      border: "1px solid var(--line)",
      borderRadius: "8px",
      overflow: "hidden",
      boxShadow: "0 8px 24px rgb(0 0 0 / 0.18)",
    },
    ".cm-tooltip-autocomplete ul li": { padding: "3px 10px !important" },
    ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--plain-tint)", color: "var(--ink)" },
    ".cm-completionDetail": { color: "var(--soft)", fontStyle: "normal", marginLeft: "1em" },
    ".cm-completionInfo": { maxWidth: "22rem", fontFamily: "var(--font-sans, system-ui)", padding: "6px 10px" },
    ".cm-diagnostic": { padding: "4px 10px", borderLeftWidth: "3px" },
    ".cm-diagnostic-error": { borderLeftColor: "var(--bad)" },
    ".cm-diagnostic-warning": { borderLeftColor: "var(--warn)" },
    ".cm-lintRange-error": {
      backgroundImage: "none",
      textDecoration: "underline wavy var(--bad)",
      textUnderlineOffset: "3px",
    },
    ".cm-lintRange-warning": {
      backgroundImage: "none",
      textDecoration: "underline wavy var(--warn)",
      textUnderlineOffset: "3px",
    },
    ".cm-lint-marker": { width: "0.7em", height: "0.7em" },
  }),
  syntaxHighlighting(
    HighlightStyle.define([
      { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--plain)", fontWeight: "600" },
      { tag: [tags.string, tags.content], color: "var(--ink)" },
      { tag: tags.special(tags.string), color: "var(--good)" },
      { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: "var(--bite-ink)" },
      { tag: tags.comment, color: "var(--soft)", fontStyle: "italic" },
      { tag: [tags.punctuation, tags.separator, tags.meta], color: "var(--soft)" },
    ]),
  ),
];
