import { connect } from "node:net";
import { defineProbe, describeError } from "@chaos-agents/core";
import { z } from "zod";

export const tcpProbe = defineProbe({
  kind: "tcp",
  summary: "Open a TCP connection; it answers when something listens",
  params: z.strictObject({
    host: z.string().default("127.0.0.1").meta({ description: "Name or address; this machine when left out" }),
    port: z.int().min(1).max(65_535).meta({ description: "The port that has to listen" }),
  }),
  example: { host: "127.0.0.1", port: 5432 },
  async open({ host, port }) {
    return {
      async measure(signal) {
        const { promise, resolve } = Promise.withResolvers<{ ok: boolean; value: null; detail: string }>();
        const socket = connect({ host, port, signal });
        socket.once("connect", () => resolve({ ok: true, value: null, detail: `${host}:${port} accepts connections` }));
        socket.once("error", (error) => resolve({ ok: false, value: null, detail: describeError(error) }));
        try {
          return await promise;
        } finally {
          socket.destroy();
        }
      },
      async [Symbol.asyncDispose]() {},
    };
  },
});
