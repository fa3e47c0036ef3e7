import type { Connection, RowDataPacket } from "mysql2/promise";

export async function ask(connection: Connection, sql: string, values?: unknown[]): Promise<RowDataPacket[]> {
  const [rows] = await connection.query<RowDataPacket[]>(sql, values);
  return rows;
}
