import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { Playground } from "../cli/chaos.ts";
import { Room } from "./room.ts";

const text = JSON.stringify({
  experiments: [
    { name: "watched", duration: "200ms", steady_state: [{ name: "true", type: "command", argv: ["true"] }] },
  ],
});

test("a run of the room is in the metrics, and those who are to be told of it are", async () => {
  const secret = "between the two of us";
  const told: { type: string; signed: boolean }[] = [];
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const receiver = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += String(chunk)));
    request.on("end", () => {
      const stamp = String(request.headers["x-chaos-timestamp"]);
      const signature = createHmac("sha256", secret).update(`${stamp}.${body}`).digest("hex");
      const signed = String(request.headers["x-chaos-signature"]).includes(signature);
      told.push({ type: JSON.parse(body).kind, signed });
      response.end();
      if (told.length === 2) resolve();
    });
  });
  await new Promise<void>((listening) => receiver.listen(0, "127.0.0.1", listening));
  const { port } = receiver.address() as AddressInfo;
  try {
    const playground = await Playground.open({
      CHAOS_WEBHOOK_URL: `http://127.0.0.1:${port}/hook`,
      CHAOS_WEBHOOK_SECRET: secret,
    });
    await using room = await Room.open(playground);
    expect((await room.ask("GET", "/metrics")).body).toMatch(/^chaos_runs_live 0$/m);
    expect((await room.ask("GET", "/metrics", undefined, { authorization: "" })).status).toBe(401);
    const { body } = await room.ask("POST", "/runs", { text });
    await room.ended(body.jobs[0]);
    await ended;
    expect(told).toEqual([
      { type: expect.stringMatching(/start/), signed: true },
      { type: expect.stringMatching(/end|finish/), signed: true },
    ]);
    const { body: metrics } = await room.ask("GET", "/metrics");
    expect(metrics).toMatch(/^chaos_runs_finished_total\{.*verdict="observed".*\} 1$/m);
  } finally {
    receiver.close();
  }
});
