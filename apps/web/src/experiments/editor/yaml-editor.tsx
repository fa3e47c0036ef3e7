import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, indentUnit } from "@codemirror/language";
import { type Diagnostic as Mark, lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { Compartment, EditorState, type Text } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { useQuery } from "@tanstack/react-query";
import { type Ref, useEffect, useImperativeHandle, useRef } from "react";
import { schemaQuery, skillsQuery } from "../../api/queries.ts";
import type { Diagnostic } from "../../api/types.ts";
import { completeYaml } from "./complete-yaml.ts";
import { editorTheme } from "./editor-theme.ts";
import { hangingIndent } from "./hanging-indent.ts";

export interface EditorHandle {
  go: (line: number, column: number) => void;
}

interface YamlEditor {
  ref: Ref<EditorHandle>;
  initial: string;
  /** Null while what was judged is not what stands there. */
  diagnostics: readonly Diagnostic[] | null;
  onChange: (text: string) => void;
}

/** Tab leaves the editor, as it leaves every field; the completion is on Ctrl-Space. */
export default function YamlEditor({ ref, initial, diagnostics, onChange }: YamlEditor) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const completing = useRef(new Compartment());
  const change = useRef(onChange);
  change.current = onChange;
  const { data: schema } = useQuery(schemaQuery);
  const { data: skills } = useQuery(skillsQuery);

  useEffect(() => {
    const made = new EditorView({
      parent: place.current!,
      state: EditorState.create({
        doc: initial,
        extensions: [
          lineNumbers(),
          lintGutter(),
          history(),
          drawSelection(),
          bracketMatching(),
          closeBrackets(),
          highlightActiveLine(),
          highlightActiveLineGutter(),
          yaml(),
          indentUnit.of("  "),
          EditorView.lineWrapping,
          hangingIndent,
          EditorView.contentAttributes.of({ "aria-label": "Experiment file, YAML", tabindex: "0" }),
          completing.current.of([]),
          keymap.of([...closeBracketsKeymap, ...completionKeymap, ...lintKeymap, ...historyKeymap, ...defaultKeymap]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) change.current(update.state.doc.toString());
          }),
          editorTheme,
        ],
      }),
    });
    view.current = made;
    return () => made.destroy();
  }, [initial]);

  useEffect(() => {
    if (!schema) return;
    const source = completeYaml(schema, skills ?? []);
    view.current?.dispatch({
      effects: completing.current.reconfigure(autocompletion({ override: [source], icons: false })),
    });
  }, [schema, skills, initial]);

  useEffect(() => {
    const { current } = view;
    if (current && diagnostics)
      current.dispatch(
        setDiagnostics(
          current.state,
          diagnostics.map((one) => markOf(current.state.doc, one)),
        ),
      );
  }, [diagnostics]);

  useImperativeHandle(ref, () => ({
    go(line, column) {
      const { current } = view;
      if (!current) return;
      const at = offsetOf(current.state.doc, line, column);
      current.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
      current.focus();
    },
  }));

  return <div ref={place} />;
}

const offsetOf = (doc: Text, line: number, column: number) => {
  const { from, to } = doc.line(Math.max(1, Math.min(line, doc.lines)));
  return Math.min(to, from + Math.max(0, column - 1));
};

/** From where it is to the end of the word, or of the line. */
function markOf(doc: Text, { line, column, level, message, hint }: Diagnostic): Mark {
  const from = offsetOf(doc, line, column);
  const rest = doc.lineAt(from).text.slice(from - doc.lineAt(from).from);
  const length = /^[\w.$"'{}-]+/.exec(rest)?.[0].length ?? rest.length;
  return { from, to: from + length, severity: level, message: hint ? `${message}\n${hint}` : message };
}
