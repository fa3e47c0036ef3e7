import { afterEach, describe, expect, inject, test, vi } from "vitest";
import { openServices } from "./services.ts";

const [postgres] = inject("databases").flatMap((one) => ("missing" in one ? [] : [one]));

afterEach(() => void vi.unstubAllEnvs());

describe.skipIf(!postgres)("where MariaDB is not installed", () => {
  const env = { CHAOS_TEST_POSTGRES_URL: postgres?.url };

  test("a laptop goes on without it and says why", async () => {
    vi.stubEnv("PATH", "/nowhere");
    await using opened = await openServices(env);
    expect(opened.services).toEqual([
      expect.objectContaining({ engine: "postgres", url: postgres!.url, ours: false, statementLog: null }),
      {
        label: "MariaDB",
        engine: "mysql",
        missing: "MariaDB is not installed (Debian package mariadb-server); apt-get install mariadb-server",
      },
    ]);
  });

  test("CI fails", async () => {
    vi.stubEnv("PATH", "/nowhere");
    await expect(openServices({ ...env, CI: "true" })).rejects.toThrow("Debian package mariadb-server");
  });
});

test("a server that was named but does not answer fails everywhere", async () => {
  const nobody = "mysql://root@127.0.0.1:1/x";
  await expect(openServices({ CHAOS_TEST_POSTGRES_URL: postgres?.url, CHAOS_TEST_MYSQL_URL: nobody })).rejects.toThrow(
    "ECONNREFUSED",
  );
});
