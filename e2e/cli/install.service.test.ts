import { createReadStream } from "node:fs";
import { appendFile, cp, mkdir, readFile, readdir, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { sshdMissing, startSshd } from "@chaos-agents/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Playground, eventsOf, root } from "./chaos.ts";
import { shopFile, withShop } from "./shop.ts";

const installer = join(root, "install.sh");
const system = "/usr/bin:/bin";
/** A PATH whose `node` is the one that runs this test. */
const path = `${dirname(process.execPath)}:${system}`;

let shared: Playground;
let releases: string;
beforeAll(async () => {
  shared = await Playground.open();
  const built = await shared.run(["-C", root, "release"], { command: "make" });
  expect(built).toMatchObject({ code: 0 });
  releases = shared.path("releases");
  for (const folder of ["latest/download", "download/v0.1.0"]) {
    await mkdir(join(releases, folder), { recursive: true });
    for (const name of ["chaos-agents.tar.gz", "chaos-agents.tar.gz.sha256"]) {
      await cp(join(root, "dist", name), join(releases, folder, name));
    }
  }
});
afterAll(() => shared[Symbol.asyncDispose]());

async function install(playground: Playground, env: Record<string, string> = {}) {
  const told = {
    PATH: path,
    INSTALL_DIR: playground.path("bin"),
    CHAOS_DOWNLOAD_URL: pathToFileURL(releases).href,
    ...env,
  };
  return await playground.run([installer], { command: "sh", env: told });
}

const everything = async (folder: string) => await readdir(folder, { recursive: true }).catch(() => []);

describe("install.sh", () => {
  test("[CA-42] installs into INSTALL_DIR a chaos that runs with no node_modules in reach", async () => {
    await using playground = await Playground.open({ PATH: path });
    const { code, stdout, stderr } = await install(playground);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`export PATH="${playground.path("bin")}:$PATH"`);
    const command = playground.path("bin/chaos");
    expect(await playground.run(["--version"], { command })).toMatchObject({ code: 0, stdout: "0.1.0\n", stderr: "" });
    expect((await playground.run(["list-skills"], { command })).stdout).toContain("db.table_lock");
    expect((await everything(playground.path("bin"))).filter((name) => name.includes("node_modules"))).toEqual([]);
    const [version] = await readdir(playground.path("bin/.chaos-agents"));
    const beside = (name: string) => readFile(playground.path(`bin/.chaos-agents/${version}/${name}`), "utf8");
    expect(JSON.parse(await beside("experiment.schema.json"))).toMatchObject({ $schema: expect.any(String) });
    expect(await beside("THIRD-PARTY-LICENSES")).toMatch(/^pg \d/m);
    expect(await beside("web/THIRD-PARTY-LICENSES.md")).toMatch(/react-dom/);
  });

  test("what is installed opens the control room, with its pages", async () => {
    await using playground = await Playground.open({ PATH: path });
    await install(playground);
    const server = playground.start(["server", "--port", "0"], { command: playground.path("bin/chaos") });
    const [, link] = await server.printed(/Control room: (\S+)/);
    const page = await (await fetch(new URL("/runs", link))).text();
    const [, script] = /<script type="module"[^>]* src="([^"]+)"/.exec(page) ?? [];
    expect((await fetch(new URL(script!, link))).headers.get("content-type")).toContain("javascript");
    server.kill("SIGTERM");
    expect(await server.ended).toMatchObject({ code: 0 });
  });

  test("[CA-42] takes VERSION with or without its v, over HTTP too", async () => {
    await using playground = await Playground.open();
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url!);
      createReadStream(join(releases, request.url!))
        .on("error", () => response.writeHead(404).end())
        .pipe(response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const base = { CHAOS_DOWNLOAD_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    for (const VERSION of ["v0.1.0", "0.1.0"]) {
      expect(await install(playground, { ...base, VERSION })).toMatchObject({ code: 0 });
    }
    expect(new Set(asked)).toEqual(
      new Set(["/download/v0.1.0/chaos-agents.tar.gz", "/download/v0.1.0/chaos-agents.tar.gz.sha256"]),
    );
    const unknown = await install(playground, { ...base, VERSION: "v9.9.9" });
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain("/download/v9.9.9/chaos-agents.tar.gz could not be downloaded");
    server.close();
    expect(await readdir(playground.path("bin/.chaos-agents"))).toHaveLength(1);
  });

  test("works when piped into a shell", async () => {
    await using playground = await Playground.open();
    const env = { PATH: path, INSTALL_DIR: playground.path("bin"), CHAOS_DOWNLOAD_URL: pathToFileURL(releases).href };
    const typed = `cat '${installer}' | bash`;
    expect(await playground.run(["-c", typed], { command: "bash", env })).toMatchObject({ code: 0 });
    expect((await stat(playground.path("bin/chaos"))).mode & 0o111).not.toBe(0);
  });

  describe("leaves nothing behind when", () => {
    test("the download is damaged", async () => {
      await using playground = await Playground.open();
      const damaged = playground.path("damaged");
      await cp(releases, damaged, { recursive: true });
      await appendFile(join(damaged, "latest/download/chaos-agents.tar.gz"), "more");
      const { code, stderr } = await install(playground, { CHAOS_DOWNLOAD_URL: pathToFileURL(damaged).href });
      expect(stderr).toContain("sha256");
      expect(code).toBe(1);
      expect(await everything(playground.path("bin"))).toEqual([]);
    });

    test("there is no Node, or one that is too old, and says what to do", async () => {
      await using playground = await Playground.open();
      await mkdir(playground.path("fake"));
      await writeFile(playground.path("fake/node"), "#!/bin/sh\necho v20.20.2\n", { mode: 0o755 });
      const old = await install(playground, { PATH: `${playground.path("fake")}:${system}` });
      expect(old.stderr).toContain("needs Node 24 or newer; this is v20.20.2");
      expect(old.stderr).toContain("nodejs.org");
      expect(old.code).toBe(1);
      expect(await everything(playground.path("bin"))).toEqual([]);
    });

    test("somebody else's chaos stands there already", async () => {
      await using playground = await Playground.open();
      await mkdir(playground.path("bin"));
      await writeFile(playground.path("bin/chaos"), "mine");
      const { code, stderr } = await install(playground);
      expect(stderr).toContain("was not installed by this script");
      expect(code).toBe(1);
      expect(await everything(playground.path("bin"))).toEqual(["chaos"]);
      expect(await readFile(playground.path("bin/chaos"), "utf8")).toBe("mine");
    });
  });
});

const noServer = sshdMissing() ?? (process.getuid?.() === 0 ? undefined : "a server with users of its own needs root");

describe("the bundle", () => {
  test.skipIf(noServer && process.env["CI"] !== "true")("carries what runs on servers", async () => {
    await using server = await startSshd();
    await using playground = await Playground.open({ PATH: path });
    await install(playground);
    const login = `host: "${server.host}", port: ${server.port}, username: chaos`;
    await writeFile(
      playground.path("servers.yaml"),
      `experiments:
  - name: full
    target: server
    target_config:
      hosts: [{ ${login}, auth: { type: key, private_key_path: "${server.privateKey}" } }]
      known_hosts: "${server.knownHosts}"
    skills: [{ skill_name: server.disk_fill, params: { size: 20MB } }]
    duration: 1s
`,
    );
    const command = playground.path("bin/chaos");
    expect(await playground.run(["run", "servers.yaml", "--yes"], { command })).toMatchObject({ code: 0 });
    expect((await readdir(server.path("/tmp"))).filter((name) => name.endsWith(".fill"))).toEqual([]);
  });

  test("says so when Node is too old to run it", async () => {
    await using playground = await Playground.open();
    const source = await readFile(join(root, "dist/chaos-agents/lib/main.mjs"), "utf8");
    await writeFile(playground.path("main.mjs"), source.replace("process.versions.node.split", "'20.1.0'.split"));
    const { code, stderr } = await playground.run([playground.path("main.mjs")], { command: process.execPath });
    expect(stderr).toContain("chaos needs Node 24 or newer");
    expect(code).toBe(1);
    expect(source).not.toMatch(/^import .* from "\.\//m);
  });
});

withShop((shop) => {
  test("the bundle, from a folder of its own, runs an experiment and puts it back", async () => {
    const file = shopFile({ shop: { duration: "4s", skills: ["lock"] } });
    await using playground = await shop.playground(file);
    await cp(join(root, "dist/chaos-agents"), playground.path("chaos-agents"), { recursive: true });
    const command = playground.path("chaos-agents/chaos");
    const { code, stdout } = await playground.run(["run", "shop.yaml", "--json"], { command, env: { PATH: path } });
    expect(eventsOf(stdout).at(-1)).toMatchObject({ type: "run-finished", verdict: "passed" });
    expect(code).toBe(0);
    await shop.expectWhole();
  });
});
