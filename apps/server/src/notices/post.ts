import { type Clock, describeError, type Redact } from "@chaos-agents/core";
import type { NoticeRequest } from "./receiver.ts";

/** `later`: it may go better another time. `never`: it is refused for what it is. */
export type Delivery = { result: "done" } | { result: "later" | "never"; why: string; retryAfterMs: number | null };

/** A notice that is refused so will be refused again. */
const refused = new Set([400, 405, 410, 413, 414, 415, 422]);
const answerWithinMs = 10_000;
const readAtMost = 4_096;
/** The longest secret there may be, in its longest form: where an answer was not read to its end, one may stand cut in two there. */
const secretAtMost = 1_500;
const quotedAtMost = 200;

interface Sending {
  clock: Clock;
  stop: AbortSignal;
  redact: Redact;
}

/** One attempt, to the configured address and no other: a redirect is not followed. Never rejects. */
export async function post({ url, headers, body }: NoticeRequest, { clock, stop, redact }: Sending): Promise<Delivery> {
  const over = new AbortController();
  const limit = new AbortController();
  void clock.sleep(answerWithinMs, over.signal).then(
    () => limit.abort(new Error(`no answer within ${answerWithinMs / 1_000} s`)),
    () => undefined,
  );
  const giveUp = () => limit.abort(stop.reason);
  stop.addEventListener("abort", giveUp, { once: true });
  try {
    const response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal: limit.signal });
    if (response.ok) {
      await response.body?.cancel();
      return { result: "done" };
    }
    const said = await firstWords(response, redact);
    return {
      result: refused.has(response.status) ? "never" : "later",
      why: `status ${response.status}${said === "" ? "" : ` ${JSON.stringify(said)}`}`,
      retryAfterMs: retryAfter(response.headers.get("retry-after"), clock.now()),
    };
  } catch (error) {
    return { result: "later", why: describeError(error), retryAfterMs: null };
  } finally {
    over.abort();
    stop.removeEventListener("abort", giveUp);
  }
}

/** Seconds, or a date. */
function retryAfter(header: string | null, now: number): number | null {
  if (header === null) return null;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

/** The beginning of an answer; the rest is not read, however long it is. */
async function firstWords({ body }: Response, redact: Redact): Promise<string> {
  if (!body) return "";
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    text += decoder.decode(chunk.subarray(0, readAtMost), { stream: true });
    if (text.length >= readAtMost) return redact(text).slice(0, -secretAtMost).slice(0, quotedAtMost);
  }
  return redact(text).slice(0, quotedAtMost);
}
