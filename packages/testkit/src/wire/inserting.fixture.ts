/** Inserts one row after another, each in its own transaction, until it is killed. */
import { administer, type Engine } from "../servers/database-admin.ts";

const [engine, url] = process.argv.slice(2) as [Engine, string];
await administer(engine, url).run(Array.from({ length: 1_000 }, (_, i) => `INSERT INTO numbers VALUES (${i})`));
