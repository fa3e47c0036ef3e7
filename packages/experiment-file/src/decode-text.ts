import type { Span } from "./source-text.ts";

const largest = 256 * 1024;

export interface Decoded {
  text: string;
  /** Why it cannot be read as text, and where. */
  problem?: { span: Span; message: string; hint: string };
}

/** Bytes or text as the text to read, without a byte order mark. */
export function decodeText(input: string | Uint8Array): Decoded {
  const size = typeof input === "string" ? Buffer.byteLength(input) : input.byteLength;
  if (size > largest) {
    const message = `the file is ${Math.ceil(size / 1024)} KiB long; an experiment file is at most ${largest / 1024} KiB`;
    return { text: "", problem: { span: { start: 0, end: 0 }, message, hint: "split it into several files" } };
  }
  const text = (typeof input === "string" ? input : new TextDecoder().decode(input)).replace(/^\ufeff/, "");
  const foreign = typeof input === "string" ? -1 : firstForeignByte(input);
  if (foreign >= 0) {
    const start = new TextDecoder().decode((input as Uint8Array).subarray(0, foreign)).replace(/^\ufeff/, "").length;
    return {
      text,
      problem: {
        span: { start, end: start + 1 },
        message: "the file is not UTF-8 text from here on",
        hint: "save it as UTF-8 in your editor",
      },
    };
  }
  // oxlint-disable-next-line no-control-regex -- they are what we look for
  const control = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufffe\uffff]/.exec(text);
  if (!control) return { text };
  const start = control.index;
  const code = control[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
  const message = `the control character U+${code} cannot stand in a file`;
  const hint = "remove it; between double quotes it can be written as \\x and its two digits";
  return { text, problem: { span: { start, end: start + 1 }, message, hint } };
}

/** The offset of the first byte that is not part of UTF-8, or -1. */
function firstForeignByte(bytes: Uint8Array): number {
  const isUtf8 = (end: number) => {
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, end), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return -1;
  } catch {
    // a prefix is UTF-8 as long as it does not hold the first foreign byte
    let [good, bad] = [0, bytes.byteLength + 1];
    while (bad - good > 1) {
      const middle = (good + bad) >> 1;
      if (isUtf8(middle)) good = middle;
      else bad = middle;
    }
    return Math.min(good, bytes.byteLength - 1);
  }
}
