/** A process that starts servers, says so, and then ends in the way it was told. */
import { writeSync } from "node:fs";
import { startMariadb } from "./mariadb-server.ts";
import { startPostgres } from "./postgres-server.ts";

const [engine, directory, end] = process.argv.slice(2) as [string, string, "wait" | "exit" | "throw"];

const server = engine === "mysql" ? await startMariadb({ directory }) : await startPostgres({ version: 18, directory });
await server.run(["CREATE TABLE mine (id integer)"]);
writeSync(1, `${JSON.stringify({ pid: server.pid, directory: server.directory })}\n`);
if (end === "exit") process.exit(0);
if (end === "throw") throw new Error("on purpose");
setInterval(() => {}, 60_000);
