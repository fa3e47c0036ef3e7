import type { FastifyInstance, FastifyRequest } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import type { ControlRoom } from "../control-room.ts";

export const typed = (app: FastifyInstance) => app.withTypeProvider<ZodTypeProvider>();
export type TypedApp = ReturnType<typeof typed>;

/** Adds the routes of one resource. */
export type Routes = (app: TypedApp, room: ControlRoom) => void;

/** An answer that is a file or a stream, as a route's schema says it. */
export const answered = (type: string, description: string) => ({
  200: { description, content: { [type]: { schema: type === "application/json" ? z.unknown() : z.string() } } },
});

/** Puts on record what is about to be done, and who wants it. */
export function record(room: ControlRoom, request: FastifyRequest, action: string, subject: string, detail = ""): void {
  room.audit.add({ at: room.clock.now(), by: request.who, from: request.ip, action, subject, detail });
}
