import { RangeSetBuilder, type EditorState } from "@codemirror/state";
import { Decoration, type DecorationSet, type EditorView, ViewPlugin, type ViewUpdate } from "@codemirror/view";

/** What wraps goes on below where its own words began: the indent, and the dash of a list. */
export const hangingIndent = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) {
      this.decorations = hung(view);
    }
    update(update: ViewUpdate) {
      if (update.docChanged || update.viewportChanged) this.decorations = hung(update.view);
    }
  },
  { decorations: ({ decorations }) => decorations },
);

/** Columns before a line's own words; deep ones are cut so that words keep some room on a phone. */
export const indentOf = (text: string): number => Math.min(16, /^ *(?:- +)*/.exec(text)![0].length);

function hung({ state, visibleRanges }: { state: EditorState; visibleRanges: EditorView["visibleRanges"] }) {
  const built = new RangeSetBuilder<Decoration>();
  for (const { from, to } of visibleRanges) {
    for (let at = from; at <= to;) {
      const line = state.doc.lineAt(at);
      const columns = indentOf(line.text);
      // the padding of every line is 6px
      if (columns > 0) built.add(line.from, line.from, style(columns));
      at = line.to + 1;
    }
  }
  return built.finish();
}

const style = (columns: number) =>
  Decoration.line({ attributes: { style: `padding-left: calc(6px + ${columns}ch); text-indent: -${columns}ch` } });
