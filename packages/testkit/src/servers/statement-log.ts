import { readFile } from "node:fs/promises";
import type { Engine } from "./database-admin.ts";

/** One statement that reached the server. */
export interface Statement {
  /** PostgreSQL's process id or MySQL's connection id. */
  session: number;
  /** As it was sent; placeholders stay placeholders. */
  sql: string;
  /** PostgreSQL only. */
  application?: string;
  /** PostgreSQL only. */
  database?: string;
}

/** Unit separators, which no name that PostgreSQL prints can hold; its configuration file takes octal escapes. */
export const postgresLogPrefix = "\\037%p\\037%d\\037%a\\037";

export async function readStatements(engine: Engine, file: string): Promise<Statement[]> {
  const text = await readFile(file, "utf8");
  return engine === "postgres" ? postgresStatements(text) : mysqlStatements(text);
}

/** Entries begin with our prefix; the further lines of one begin with a tab. */
function postgresStatements(text: string): Statement[] {
  return `\n${text}`.split("\n\u001f").flatMap((entry) => {
    const [session, database, application, message = ""] = entry.split("\u001f");
    const found = /^LOG: {2}(?:statement|execute [^:]*): ([^]*)$/.exec(message.trimEnd());
    if (!found) return [];
    const sql = found[1]!.replaceAll("\n\t", "\n");
    return [{ session: Number(session), sql, application: application!, database: database! }];
  });
}

const mysqlEntry = /^(?:\d{6} [ \d]\d:\d\d:\d\d)?\t+ *(\d+) (Query|Prepare|Execute)\t/;

/** Entries begin with a time or a tab, a connection and a command; any other line goes on with the entry before. */
function mysqlStatements(text: string): Statement[] {
  const statements: Statement[] = [];
  let open: Statement | undefined;
  for (const line of text.trimEnd().split("\n")) {
    const found = mysqlEntry.exec(line);
    if (found) {
      open = { session: Number(found[1]), sql: line.slice(found[0].length) };
      if (found[2] !== "Prepare") statements.push(open);
    } else if (/^(?:\d{6} [ \d]\d:\d\d:\d\d)?\t+ *\d+ [A-Z][A-Za-z ]+(?:\t|$)/.test(line)) open = undefined;
    else if (open) open.sql += `\n${line}`;
  }
  return statements;
}
