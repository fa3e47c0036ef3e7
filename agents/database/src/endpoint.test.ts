import { describe, expect, test } from "vitest";
import { databaseConfigSchema, endpointOf } from "./config.ts";
import { describeEndpoint, parseConnectionUrl } from "./endpoint.ts";

const problems = (config: unknown) =>
  databaseConfigSchema.safeParse(config).error?.issues.map((issue) => issue.message);

describe("the config of a database", () => {
  test("[CA-08] takes connection_url, db_type and schemas, and nothing else", () => {
    const document = { connection_url: "postgres://user:pass@localhost:5432/mydb", db_type: "postgres" };
    expect(databaseConfigSchema.parse(document)).toEqual(document);
    expect(databaseConfigSchema.parse({ ...document, schemas: ["public"] })).toHaveProperty("schemas", ["public"]);
    expect(problems({ ...document, scheams: ["public"] })).toHaveLength(1);
    expect(problems({ ...document, schemas: [] })).toHaveLength(1);
    expect(problems({})).toHaveLength(1);
  });

  test.each([
    ["postgres://h/db", "postgres"],
    ["postgresql://h/db", "postgres"],
    ["mysql://h/db", "mysql"],
    ["mariadb://h/db", "mysql"],
  ])("[CA-08] the engine of %s is %s", (connection_url, engine) => {
    expect(endpointOf({ connection_url })?.engine).toBe(engine);
  });

  test("[CA-08] a db_type that contradicts the URL is refused", () => {
    expect(problems({ connection_url: "mysql://h/db", db_type: "postgres" })?.[0]).toContain("one of MySQL");
    expect(problems({ connection_url: "mysql://h/db", db_type: "mariadb" })).toBeUndefined();
  });

  test.each([
    "http://user:s3cret@h/db",
    "postgres://user:s3cret@h:port/db",
    "postgres://user:s3cret@h1:5432,h2:5432/db",
    "postgres://user:s3cret@h/db?sslmode=maybe",
    "postgres://user:s3cret@h/db?sslmoed=require",
    "postgres://user:s3cret@h/db?sslmode=require&sslrootcert=system",
    "postgres://user:s3cret@h/db?channel_binding=require",
    "postgres://user:s3cret@h/db?channel_binding=sometimes",
    "mysql://user:s3cret@h/db?ssl-mode=maybe",
    "mysql://user:s3cret@h/db?pool=5",
    "mysql://user:s3cret@10.0.0.1/db?ssl-mode=VERIFY_IDENTITY",
    "postgres://user:s3cret%@h/db",
    "postgres://user:s3cret@h/db?connect_timeout=soon",
    "not a url, s3cret",
  ])("refuses %s without repeating the secret", (connection_url) => {
    const [problem] = problems({ connection_url }) ?? [];
    expect(problem).toContain("the connection URL cannot be used: ");
    expect(problem).not.toContain("s3cret");
  });

  test("reads users, passwords and names as they were meant", () => {
    const endpoint = parseConnectionUrl("postgres://us%40er:p%3A%2F%25%23@[::1]:6000/my%20db");
    expect(endpoint).toMatchObject({ user: "us@er", password: "p:/%#", host: "::1", port: 6000, database: "my db" });
    expect(describeEndpoint(endpoint)).toBe("[::1]:6000/my db");
  });

  test.each([
    ["postgres://h/db", "prefer"],
    ["postgres://h/db?sslmode=disable", "disable"],
    ["postgres://h/db?sslmode=require", "require"],
    ["postgres://h/db?sslmode=require&sslrootcert=/ca.pem", "verify-ca"],
    ["postgres://h/db?sslmode=verify-full", "verify-full"],
    ["postgres://h/db?sslrootcert=system", "verify-full"],
    ["mysql://h/db", "prefer"],
    ["mysql://h/db?ssl-ca=/ca.pem", "verify-ca"],
    ["mysql://h/db?ssl-mode=REQUIRED&ssl-ca=/ca.pem", "verify-ca"],
    ["mysql://h/db?ssl-mode=DISABLED", "disable"],
    ["mysql://h/db?sslmode=REQUIRED", "require"],
    ["mysql://h/db?ssl_mode=verify_identity", "verify-full"],
    ["mysql://h/db?ssl=true", "verify-full"],
    ["mysql://h/db?ssl=false", "disable"],
    ['mysql://h/db?ssl={"rejectUnauthorized":false}', "require"],
  ])("TLS of %s is %s", (url, mode) => {
    expect(parseConnectionUrl(url).tls.mode).toBe(mode);
  });

  test("reads Unix sockets", () => {
    expect(parseConnectionUrl("postgres:///shop?host=/run/postgresql")).toMatchObject({
      host: "/run/postgresql",
      socket: "/run/postgresql/.s.PGSQL.5432",
    });
    expect(parseConnectionUrl("mysql://u@/shop?socket=/run/m.sock")).toMatchObject({
      socket: "/run/m.sock",
      user: "u",
    });
  });
});
