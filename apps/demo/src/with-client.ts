import { Client } from "pg";

/** Connects, does the work, and disconnects. */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, application_name: "shop/proof" });
  client.on("error", () => {}); // a connection lost between two queries is told by the next query
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
