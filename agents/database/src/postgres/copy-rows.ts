import { once } from "node:events";
import type pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import type { Session } from "../session.ts";

const special = /[\\\n\r\t]/;
const everySpecial = /[\\\n\r\t]/g;
const escapes: Record<string, string> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };
const flushAt = 64 * 1024;

/** One value in COPY's text format. */
export const copyText = (value: string | null): string =>
  value === null ? "\\N" : special.test(value) ? value.replace(everySpecial, (found) => escapes[found]!) : value;

/**
 * Streams rows into a COPY … FROM STDIN in the session's transaction, as fast as the server takes them, and returns how
 * many it made of them: a trigger may swallow some. Aborting cuts the connection: the server rolls the transaction back.
 */
export async function copyRows(
  session: Session,
  statement: string,
  rows: number,
  row: (n: number) => readonly (string | null)[],
  signal: AbortSignal,
): Promise<number> {
  const onAbort = () => session.destroy("aborted");
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    signal.throwIfAborted();
    return await session.use(async (client: pg.Client) => {
      const stream = client.query(copyFrom(statement));
      const finished = once(stream, "finish");
      finished.catch(() => {});
      let text = "";
      for (let n = 0; n < rows && !stream.destroyed; n++) {
        const values = row(n);
        for (let i = 0; i < values.length; i++) text += (i === 0 ? "" : "\t") + copyText(values[i]!);
        text += "\n";
        if (text.length < flushAt && n < rows - 1) continue;
        const more = stream.write(text);
        text = "";
        if (!more) await Promise.race([once(stream, "drain"), finished]);
      }
      if (!stream.destroyed) stream.end();
      await finished;
      return stream.rowCount;
    });
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
