import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { escapeIdentifier, escapeLiteral } from "pg";
import { withClient } from "../with-client.ts";

const schema = new URL("./schema.sql", import.meta.url);
const seed = new URL("./seed.sql", import.meta.url);

export interface LoadedShop {
  /** As superuser: for chaos, and for the proof. */
  url: string;
  /** As the shop's own application, which may read and write rows and nothing else. */
  appUrl: string;
}

/** Creates the shop's database with its rows, and a role for its application. `adminUrl` is a superuser's, to any database. */
export async function loadShop(adminUrl: string, database = "shop"): Promise<LoadedShop> {
  const role = `${database}_app`;
  const password = randomBytes(12).toString("hex");
  await withClient(adminUrl, async (client) => {
    await client.query(`CREATE DATABASE ${escapeIdentifier(database)}`);
    // chance is no word to be guessed, so it needs no slow hash
    await client.query("SET scram_iterations = 1");
    await client.query(`CREATE ROLE ${escapeIdentifier(role)} LOGIN PASSWORD ${escapeLiteral(password)}`);
  });
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  await withClient(url.href, async (client) => {
    await client.query("BEGIN");
    await client.query(await readFile(schema, "utf8"));
    await client.query(await readFile(seed, "utf8"));
    await client.query(
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${escapeIdentifier(role)}`,
    );
    await client.query("COMMIT");
    await client.query("VACUUM (ANALYZE)");
  });
  const appUrl = new URL(url);
  appUrl.username = role;
  appUrl.password = password;
  return { url: url.href, appUrl: appUrl.href };
}
