import { connect } from "node:net";
import { mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { Playground } from "../cli/chaos.ts";
import { Room } from "./room.ts";

const open = async (words: readonly string[] = []) => {
  const playground = await Playground.open();
  await mkdir(playground.path("config"));
  await writeFile(playground.path("config/quiet.yaml"), "experiments: []\n");
  return await Room.open(playground, words);
};

test("nothing but health is told without a token, nor with a wrong one", async () => {
  await using room = await open();
  const { body: document } = await room.ask("GET", "/openapi.json");
  let asked = 0;
  for (const [path, methods] of Object.entries<Record<string, { security?: unknown[] }>>(document.paths)) {
    for (const [method, { security }] of Object.entries(methods)) {
      if (security?.length === 0) continue;
      for (const authorization of ["", "Bearer wrong-wrong-wrong-wrong", "Basic abc", `Bearer ${room.token}x`]) {
        const { status, body } = await room.ask(method.toUpperCase(), path.replaceAll(/\{\w+\}/g, "x"), undefined, {
          authorization,
        });
        expect([method, path, status, body.code]).toEqual([method, path, 401, "unauthorized"]);
        asked++;
      }
    }
  }
  expect(asked).toBeGreaterThan(80);
  expect(await room.ask("GET", "/health", undefined, { authorization: "" })).toMatchObject({
    status: 200,
    body: { ok: true },
  });
});

test("a cookie is only for its own page: requests from other sites are refused", async () => {
  await using room = await open();
  const { headers } = await room.ask("POST", "/session", { token: room.token }, { authorization: "" });
  const cookie = headers.get("set-cookie")!.split(";")[0]!;
  expect(headers.get("set-cookie")).toMatch(/HttpOnly; SameSite=Strict/);
  const asked = (origin: string | undefined, method = "GET") =>
    room.ask(method, "/halt", method === "POST" ? { reason: "mischief" } : undefined, {
      authorization: "",
      cookie,
      ...(origin === undefined ? {} : { origin }),
    });
  for (const origin of [
    "http://evil.example",
    "null",
    room.url.replace("127.0.0.1", "localhost"),
    `${room.url}.evil.example`,
  ])
    expect((await asked(origin, "POST")).body.code).toBe("forbidden");
  expect((await room.ask("GET", "/machine")).body.halted).toBeNull();
  expect((await asked(room.url, "POST")).status).toBe(200);
  expect((await asked(undefined, "DELETE")).body).toEqual({ wasHalted: true });
});

test("the link logs in and leaves no token in the address; a wrong one does not", async () => {
  await using room = await open();
  const right = await fetch(`${room.url}/?token=${room.token}`, { redirect: "manual" });
  expect([right.status, right.headers.get("location")]).toEqual([302, "/"]);
  expect(right.headers.get("set-cookie")).toContain("chaos_session=");
  const wrong = await fetch(`${room.url}/?token=nonsense`, { redirect: "manual" });
  expect([wrong.status, wrong.headers.get("set-cookie")]).toEqual([302, null]);
});

test("guessing tokens is slow", async () => {
  await using room = await open();
  const guesses = Array.from({ length: 14 }, () =>
    room.ask("POST", "/session", { token: "guess" }, { authorization: "" }),
  );
  const statuses = (await Promise.all(guesses)).map(({ status }) => status).sort((a, b) => a - b);
  expect(statuses).toEqual([...Array(10).fill(401), ...Array(4).fill(429)]);
});

test("a body that is too large, or no JSON, is refused; the room goes on", async () => {
  await using room = await open();
  const large = await room.ask("POST", "/validate", { text: "x".repeat(1_200_000) });
  expect(large.status).toBe(413);
  expect((await room.ask("POST", "/validate", "{nonsense")).status).toBe(400);
  expect((await room.ask("POST", "/validate", { text: 7 })).body.message).toContain("body/text");
  expect((await room.ask("GET", "/machine")).status).toBe(200);
});

test("only experiment files of the opened folders can be read, written or run, by whatever path", async () => {
  await using room = await open();
  const { playground } = room;
  await writeFile(playground.path("secret.yaml"), "secret: 4711\n");
  await symlink(playground.path("secret.yaml"), playground.path("config/linked.yaml"));
  await symlink(playground.folder, playground.path("config/out"));
  await writeFile(playground.path("config/notes.txt"), "4711");
  await writeFile(playground.path("config/.hidden.yaml"), "secret: 4711\n");
  const tricks = [
    "secret.yaml",
    "config/../secret.yaml",
    "config/x/../../secret.yaml",
    "config/linked.yaml",
    "config/out/secret.yaml",
    "config/notes.txt",
    "config/.hidden.yaml",
    playground.path("secret.yaml"),
    "config//etc/passwd.yaml",
    "config\\..\\secret.yaml",
    "config/quiet.yaml\0.txt",
  ];
  for (const file of tricks) {
    const read = await room.ask("GET", `/files/content?file=${encodeURIComponent(file)}`);
    expect([file, [403, 404].includes(read.status), JSON.stringify(read.body).includes("4711")]).toEqual([
      file,
      true,
      false,
    ]);
    for (const path of ["/runs", "/dry-run", "/discover"]) {
      const { status } = await room.ask("POST", path, { file });
      expect([file, path, [403, 404].includes(status)]).toEqual([file, path, true]);
    }
    await room.ask("PUT", "/files/content", { file, text: "overwritten" });
  }
  expect(await readFile(playground.path("secret.yaml"), "utf8")).toBe("secret: 4711\n");
  expect(await readFile(playground.path("config/notes.txt"), "utf8")).toBe("4711");
  expect(
    (await room.ask("PUT", "/files/content", { file: "config/new/one.yaml", text: "experiments: []\n" })).status,
  ).toBe(200);
  expect(await readFile(playground.path("config/new/one.yaml"), "utf8")).toBe("experiments: []\n");
  const { body: files } = await room.ask<{ file: string }[]>("GET", "/files");
  expect(files.map(({ file }) => file)).toEqual(["config/new/one.yaml", "config/quiet.yaml"]);
});

test("no page is led out of its folder, and none is framed by another", async () => {
  await using room = await open();
  for (const path of ["/assets/../../package.json", "/assets/%2e%2e/%2e%2e/package.json", "/..%2f..%2fetc/passwd"]) {
    const text = await raw(room, path);
    expect(text).not.toMatch(/"name":|root:/);
  }
  const { headers } = await room.ask("GET", "/health");
  expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
});

test("what the room keeps is for its user alone; tokens can be added and made void", async () => {
  await using room = await open();
  const { playground } = room;
  for (const file of ["tokens.json", "audit.db", "history.db", "jobs/jobs.db"])
    expect([file, (await stat(`${playground.home}/control-room/${file}`)).mode & 0o777]).toEqual([file, 0o600]);
  const added = await playground.run(["token", "add", "ci"]);
  const authorization = `Bearer ${added.stdout.trim()}`;
  expect((await room.ask("GET", "/session", undefined, { authorization })).body).toEqual({ name: "ci" });
  await room.ask("POST", "/halt", { reason: "drill" }, { authorization });
  expect((await room.ask("GET", "/audit")).body.entries[0]).toMatchObject({
    by: "ci",
    action: "halt",
    detail: "drill",
  });
  expect((await room.ask("GET", "/audit.csv")).body.split("\r\n")[1]).toContain('"ci","127.0.0.1","halt"');
  await playground.run(["token", "remove", "ci"]);
  expect((await room.ask("GET", "/session", undefined, { authorization })).status).toBe(401);
});

/** A path as it is, which fetch would tidy up. */
async function raw(room: Room, path: string): Promise<string> {
  const { hostname, port } = new URL(room.url);
  const socket = connect(Number(port), hostname);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: close\r\n\r\n`);
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  return text;
}
