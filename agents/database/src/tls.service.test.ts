import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ChaosError, systemClock } from "@chaos-agents/core";
import { type Certificates, clientName, quoteName } from "@chaos-agents/testkit";
import { forEachDatabase } from "@chaos-agents/testkit/vitest";
import { beforeAll, describe, expect, test } from "vitest";
import { Database } from "./database.ts";

const mark = `chaos/tls-${process.pid}`;

forEachDatabase(
  (db) => {
    const onPostgres = db.engine === "postgres";
    let files: Certificates;
    beforeAll(() => void (files = db.server!.certificates!));

    /** In libpq's words; MySQL's client has others for the same. */
    interface Wanted {
      mode?: string;
      ca?: keyof Certificates & ("ca" | "otherCa");
      client?: boolean;
      host?: string;
    }
    const mysqlModes: Record<string, string> = {
      disable: "DISABLED",
      prefer: "PREFERRED",
      require: "REQUIRED",
      "verify-ca": "VERIFY_CA",
      "verify-full": "VERIFY_IDENTITY",
    };
    const urlOf = ({ mode, ca, client, host = "localhost" }: Wanted, from = db.url) => {
      const url = new URL(from);
      url.hostname = host;
      const set = (postgres: string, mysql: string, value: string | undefined) =>
        value && url.searchParams.set(onPostgres ? postgres : mysql, value);
      set("sslmode", "ssl-mode", mode && (onPostgres ? mode : mysqlModes[mode]));
      set("sslrootcert", "ssl-ca", ca && files[ca]);
      set("sslcert", "ssl-cert", client ? files.client.cert : undefined);
      set("sslkey", "ssl-key", client ? files.client.key : undefined);
      return url.href;
    };
    const open = (connection_url: string) =>
      Database.open({ connection_url }, { mark, signal: AbortSignal.timeout(30_000), clock: systemClock });

    /** What the server says of the connections that were opened: of the first one, and of those for faults. */
    const isEncrypted = async (wanted: Wanted): Promise<boolean> => {
      await using database = await open(urlOf(wanted));
      await using session = await database.session(mark);
      const answers = onPostgres
        ? await db.admin.query(
            "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = $1",
            [mark],
          )
        : await Promise.all(
            [database.ask("SHOW STATUS LIKE 'Ssl_cipher'"), session.query("SHOW STATUS LIKE 'Ssl_cipher'")].map(
              async (rows) => ({ ssl: (await rows)[0]!["Value"] !== "" }),
            ),
          );
      expect(answers).toHaveLength(2);
      expect(answers[0]).toEqual(answers[1]);
      return answers[0]!["ssl"] as boolean;
    };
    const refusal = async (wanted: Wanted) => {
      const error: unknown = await open(urlOf(wanted)).catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(ChaosError);
      return error as ChaosError;
    };

    describe("a server with TLS", () => {
      test.for<[Wanted, boolean]>([
        [{ mode: "disable" }, false],
        [{}, true],
        [{ mode: "prefer" }, true],
        [{ mode: "prefer", host: "127.0.0.1" }, true],
        [{ mode: "require" }, true],
        [{ mode: "require", ca: "ca" }, true],
        [{ mode: "verify-ca", ca: "ca" }, true],
        [{ mode: "verify-ca", ca: "ca", host: "127.0.0.1" }, true],
        [{ mode: "verify-full", ca: "ca" }, true],
      ])("%j: the connections are encrypted: %j", async ([wanted, encrypted]) => {
        expect(await isEncrypted(wanted)).toBe(encrypted);
      });

      test.for<Wanted>([
        { mode: "verify-full", ca: "otherCa" },
        { mode: "verify-ca", ca: "otherCa" },
        { mode: "require", ca: "otherCa" },
        { mode: "verify-full" },
        { mode: "verify-ca" },
      ])("%j: an authority that is not known is refused, with what to do", async (wanted) => {
        const { code, message, remedy } = await refusal(wanted);
        expect(code).toBe("target-unreachable");
        expect(message).toMatch(/at localhost:\d+.*: its TLS certificate is not trusted: self-signed certificate/);
        expect(remedy).toContain(onPostgres ? "sslrootcert=" : "ssl-ca=");
      });

      // Another way to write 127.0.0.1, which is no address to a TLS client but a name. MySQL's driver checks no address.
      test.for(onPostgres ? ["127.1", "127.0.0.1"] : ["127.1"])("verify-full refuses the name %s", async (host) => {
        const { code, message, remedy } = await refusal({ mode: "verify-full", ca: "ca", host });
        expect(code).toBe("target-unreachable");
        expect(message).toContain("its TLS certificate was made for another name");
        expect(message).toContain(host);
        expect(remedy).toContain("Connect by a name");
      });

      test("a certificate that is not there is named", async () => {
        const url = urlOf({ mode: "verify-full", ca: "ca" }).replace("ca.pem", "nowhere.pem");
        const error: unknown = await open(url).catch((cause: unknown) => cause);
        expect(error).toMatchObject({ code: "target-unreachable", message: expect.stringContaining("nowhere.pem") });
      });

      test("the client's own certificate is shown to the server", async () => {
        if (onPostgres) {
          await using database = await open(urlOf({ mode: "verify-full", ca: "ca", client: true }));
          const [seen] = await database.ask("SELECT client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
          return expect(seen).toEqual({ client_dn: `/CN=${clientName}` });
        }
        const grants = [`GRANT ALL ON ${quoteName.mysql(db.name)}.* TO certified@'%'`];
        const user = await db.admin.createUser("certified", { database: db.name, grants });
        await db.admin.run([`ALTER USER certified@'%' REQUIRE SUBJECT '/CN=${clientName}'`]);
        await using database = await open(urlOf({ mode: "verify-full", ca: "ca", client: true }, user));
        expect(database.server.user).toContain("certified");
        await expect(open(urlOf({ mode: "verify-full", ca: "ca" }, user))).rejects.toThrow("does not let certified in");
      });
    });

    describe("a server without TLS", () => {
      beforeAll(async () => {
        if (onPostgres) return db.admin.run(["ALTER SYSTEM SET ssl = off", "SELECT pg_reload_conf()"]);
        const config = join(db.server!.directory, "my.cnf");
        await writeFile(config, `${await readFile(config, "utf8")}skip-ssl = 1\n`);
        await db.server!.restart();
      });

      test.for<Wanted>([{}, { mode: "prefer" }, { mode: "disable" }])(
        "%j: is spoken to in the clear",
        async (wanted) => {
          expect(await isEncrypted(wanted)).toBe(false);
        },
      );

      test.for<Wanted>([{ mode: "require" }, { mode: "verify-ca", ca: "ca" }, { mode: "verify-full", ca: "ca" }])(
        "%j: is refused, with what to do",
        async (wanted) => {
          const { code, message, remedy } = await refusal(wanted);
          expect(code).toBe("target-unreachable");
          expect(message).toContain("the server offers no TLS");
          expect(remedy).toMatch(/sslmode=disable|ssl-mode=DISABLED/);
        },
      );
    });

    if (onPostgres) {
      describe("a server that has TLS, and wants this client without it", () => {
        beforeAll(async () => {
          const { directory } = db.server!;
          await writeFile(join(directory, "data", "pg_hba.conf"), "hostnossl all all all scram-sha-256\n");
          await db.admin.run(["ALTER SYSTEM RESET ssl", "SELECT pg_reload_conf()"]);
        });

        test("prefer goes without, require does not", async () => {
          expect(await isEncrypted({ mode: "prefer" })).toBe(false);
          expect((await refusal({ mode: "require" })).message).toContain("does not let postgres in");
        });
      });
    }
  },
  { alone: { tls: true } },
);
