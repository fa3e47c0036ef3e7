import { useEffect, useState } from "react";
import { answer, api } from "../api/client.ts";
import type { Validation } from "../api/types.ts";

export interface Judged {
  /** The words that were judged. */
  text: string;
  validation: Validation;
}

const pauseMs = 300;

/** What is wrong with the words, a moment after the last of them was typed. */
export function useValidation(text: string, file: string | null): { judged: Judged | null; error: unknown } {
  const [state, setState] = useState<{ judged: Judged | null; error: unknown }>({ judged: null, error: null });
  useEffect(() => {
    const leaving = new AbortController();
    const judge = async () => {
      try {
        const body = { text, ...(file === null ? {} : { file }) };
        const validation = await answer(api.POST("/validate", { body, signal: leaving.signal }));
        setState({ judged: { text, validation }, error: null });
      } catch (error) {
        if (!leaving.signal.aborted) setState((before) => ({ ...before, error }));
      }
    };
    const timer = setTimeout(() => void judge(), pauseMs);
    return () => {
      clearTimeout(timer);
      leaving.abort();
    };
  }, [text, file]);
  return state;
}
