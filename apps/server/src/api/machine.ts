import { z } from "zod";
import { machineName } from "../control-room.ts";
import { type Routes, record } from "./routes.ts";
import { haltShape, machineShape } from "./shapes.ts";

export const machineRoutes: Routes = (app, room) => {
  const { store, catalog, version, folders, atOnce, notices, clock, news } = room;

  app.get(
    "/machine",
    { schema: { summary: "What this machine can do", tags: ["room"], response: { 200: machineShape } } },
    async () => ({
      version,
      hostname: machineName,
      home: store.home,
      halted: await store.lever.read(),
      agents: catalog.agents.map(({ target, summary, skills }) => ({ target, summary, skills: skills.length })),
      folders: folders.names,
      atOnce,
      notices: [...notices],
    }),
  );

  app.post(
    "/halt",
    {
      schema: {
        summary: "Stop and undo every run on this machine, and let no new one start",
        tags: ["safety"],
        body: z.object({ reason: z.string().trim().min(1).max(500).default("no reason given") }),
        response: { 200: haltShape },
      },
    },
    async (request) => {
      const order = { at: clock.now(), by: request.who, reason: request.body.reason };
      record(room, request, "halt", machineName, order.reason);
      await store.lever.halt(order);
      news.emit("halt", order);
      return order;
    },
  );

  app.delete(
    "/halt",
    {
      schema: {
        summary: "Let runs start again",
        tags: ["safety"],
        response: { 200: z.object({ wasHalted: z.boolean() }) },
      },
    },
    async (request) => {
      record(room, request, "resume", machineName);
      const wasHalted = await store.lever.resume();
      news.emit("halt", null);
      return { wasHalted };
    },
  );
};
