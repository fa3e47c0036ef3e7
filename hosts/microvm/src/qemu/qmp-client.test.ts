import { once } from "node:events";
import { mkdtempDisposable } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { systemClock } from "@chaos-agents/core";
import { expect, test } from "vitest";
import { QmpClient } from "./qmp-client.ts";

interface Call {
  execute: string;
  arguments: unknown;
}

const never = new AbortController().signal;

/** A peer at a real socket that answers each command with the lines it is given for it. */
async function peer(answer: (call: Call, socket: Socket) => string[] | undefined) {
  const folder = await mkdtempDisposable(join(tmpdir(), "chaos-qmp-"));
  const path = join(folder.path, "qmp");
  const heard: Call[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.write('{"QMP": {"version": {}, "capabilities": []}}\r\n');
    createInterface({ input: socket }).on("line", (line) => {
      const call = JSON.parse(line) as Call;
      heard.push(call);
      const lines = call.execute === "qmp_capabilities" ? ['{"return": {}}'] : answer(call, socket);
      for (const one of lines ?? []) socket.write(`${one}\r\n`);
    });
  });
  return {
    path,
    heard,
    listen: async () => {
      server.listen(path);
      await once(server, "listening");
    },
    async [Symbol.asyncDispose]() {
      server.close();
      await folder.remove();
    },
  };
}

test("answers go to their commands in order, whatever events come between", async () => {
  await using qemu = await peer(({ execute, arguments: args }) => [
    '{"event": "RESUME", "timestamp": {}}',
    JSON.stringify({ return: { execute, args } }),
    '{"event": "STOP", "timestamp": {}}',
  ]);
  await qemu.listen();
  using client = await QmpClient.open(qemu.path, systemClock, never);
  const said = await Promise.all(["a", "b", "c"].map((name) => client.execute(name, { name }, never)));
  expect(said).toEqual(["a", "b", "c"].map((name) => ({ execute: name, args: { name } })));
  expect(qemu.heard.map(({ execute }) => execute)).toEqual(["qmp_capabilities", "a", "b", "c"]);
});

test("a refusal is an error with QEMU's words, and the next command is answered", async () => {
  await using qemu = await peer(({ execute }) => [
    execute === "bad"
      ? '{"error": {"class": "GenericError", "desc": "No such migration"}, "id": 1}'
      : '{"return": "fine"}',
  ]);
  await qemu.listen();
  using client = await QmpClient.open(qemu.path, systemClock, never);
  const [bad, good] = await Promise.allSettled([client.execute("bad", {}, never), client.execute("good", {}, never)]);
  expect(bad).toMatchObject({ status: "rejected", reason: { code: "internal", message: /No such migration/ } });
  expect(good).toEqual({ status: "fulfilled", value: "fine" });
});

test("waits until somebody listens", async () => {
  await using qemu = await peer(() => []);
  const opening = QmpClient.open(qemu.path, systemClock, never);
  await qemu.listen();
  (await opening)[Symbol.dispose]();
});

test("an end in the middle fails what waits, and what is asked later", async () => {
  await using qemu = await peer((_call, socket) => void socket.destroy());
  await qemu.listen();
  using client = await QmpClient.open(qemu.path, systemClock, never);
  await expect(client.execute("quit", {}, never)).rejects.toMatchObject({ code: "target-unreachable" });
  await expect(client.execute("query-status", {}, never)).rejects.toMatchObject({ code: "target-unreachable" });
});

test("giving up ends the waiting: for the socket, and for an answer", async () => {
  await using qemu = await peer(() => undefined);
  const reason = new Error("enough");
  const early = new AbortController();
  const opening = QmpClient.open(qemu.path, systemClock, early.signal);
  early.abort(reason);
  await expect(opening).rejects.toBe(reason);
  await qemu.listen();
  using client = await QmpClient.open(qemu.path, systemClock, never);
  const late = new AbortController();
  const asking = client.execute("silent", {}, late.signal);
  late.abort(reason);
  await expect(asking).rejects.toBe(reason);
});
