import mysql from "mysql2/promise";
import { Client } from "pg";
import type { DatabaseAdmin } from "../servers/database-admin.ts";

interface Connection {
  id: number;
  /** Rejects when the connection is gone. */
  ask(): Promise<unknown>;
}

/** Somebody else's client with an account of its own, who comes back when it was sent away. */
export class Visitor {
  #url: string | undefined;
  #connection: Connection | undefined;

  /** Sees to it that it is connected. */
  async come(database: DatabaseAdmin): Promise<void> {
    const isThere = await this.#connection?.ask().then(
      () => true,
      () => false,
    );
    if (isThere) return;
    this.#url ??= await database.createUser("visitor", {
      database: decodeURIComponent(new URL(database.url).pathname.slice(1)),
      grants: database.engine === "postgres" ? [] : ["GRANT SELECT ON shop.* TO visitor@'%'"],
    });
    this.#connection = await connect[database.engine](this.#url);
    await this.#connection.ask();
  }

  /** Whether the server knows nothing any more of the connection it came with. */
  async isGone(database: DatabaseAdmin): Promise<boolean> {
    const [ids, id] =
      database.engine === "postgres" ? ["pg_stat_activity", "pid"] : ["information_schema.processlist", "id"];
    return (await database.query(`SELECT 1 FROM ${ids} WHERE ${id} = ${this.#connection!.id}`)).length === 0;
  }
}

const connect: Record<DatabaseAdmin["engine"], (url: string) => Promise<Connection>> = {
  async postgres(url) {
    const client = new Client({ connectionString: url, application_name: "visitor" });
    client.on("error", () => {});
    await client.connect();
    const { rows } = await client.query("SELECT pg_backend_pid() AS id");
    return { id: rows[0].id as number, ask: () => client.query("SELECT 1") };
  },
  async mysql(url) {
    const connection = await mysql.createConnection(url);
    connection.on("error", () => {});
    return { id: connection.threadId, ask: () => connection.query("SELECT 1") };
  },
};
