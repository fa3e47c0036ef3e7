import { mkdir, writeFile } from "node:fs/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Playground } from "../cli/chaos.ts";
import { type Answer, Room } from "./room.ts";

const watched = JSON.stringify({
  experiments: [
    {
      name: "watched",
      duration: "200ms",
      steady_state: [{ name: "true", type: "command", argv: ["true"] }],
    },
  ],
});

interface Operation {
  method: string;
  path: string;
  parameters: { name: string; in: string; required?: boolean; schema: object }[];
  body: object | undefined;
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

describe("what the document of the API says", () => {
  let room: Room;
  let document: any;
  let operations: Operation[];
  const known = { run: "", id: "" };
  const ajv = new Ajv2020({ strict: false, validateFormats: false });

  beforeAll(async () => {
    const playground = await Playground.open();
    await mkdir(playground.path("config"));
    await writeFile(playground.path("config/watched.yaml"), watched);
    room = await Room.open(playground);
    document = (await room.ask("GET", "/openapi.json")).body;
    ajv.addSchema({ $id: "openapi", components: document.components });
    operations = Object.entries<any>(document.paths).flatMap(([path, methods]) =>
      Object.entries<any>(methods).map(([method, { parameters = [], requestBody, responses }]) => ({
        method: method.toUpperCase(),
        path,
        parameters,
        body: requestBody?.content["application/json"].schema,
        responses,
      })),
    );
    const { body } = await room.ask("POST", "/runs", { text: watched });
    const [job] = body.jobs;
    await room.ended(job);
    Object.assign(known, { run: job.run, id: job.id });
  });
  afterAll(() => room[Symbol.asyncDispose]());

  /** A schema of the document, its references found. */
  const compiled = (schema: object) =>
    ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"openapi#/components')));

  const expectAsSaid = ({ method, path, responses }: Operation, { status, body, headers }: Answer) => {
    const said = responses[status] ?? responses[`${String(status)[0]}XX`] ?? responses[`${String(status)[0]}xx`];
    expect([method, path, status, said !== undefined]).toEqual([method, path, status, true]);
    const schema = said!.content?.["application/json"]?.schema;
    if (!schema || !headers.get("content-type")?.includes("json")) return;
    const check = compiled(schema);
    check(body);
    expect([method, path, check.errors]).toEqual([method, path, null]);
  };

  test("it is OpenAPI 3.1, every operation says what it does and how it fails", () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    for (const [path, methods] of Object.entries<any>(document.paths))
      for (const [method, { summary, responses, tags }] of Object.entries<any>(methods)) {
        expect([method, path, summary?.length > 5, tags?.length]).toEqual([method, path, true, 1]);
        expect(Object.keys(responses)).toEqual(expect.arrayContaining(["4XX", "5XX"]));
      }
    const named = new Set(Object.keys(document.components.schemas));
    const referred = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(
      ([, name]) => name!,
    );
    expect(referred.filter((name) => !named.has(name))).toEqual([]);
    expect([...named].filter((name) => !referred.includes(name))).toEqual([]);
  });

  test("is what every operation answers that only looks", async () => {
    const looks = operations.filter(({ method, responses }) => method === "GET" && !isStream(responses));
    for (const operation of looks) {
      const values: Record<string, string> = { ...known, name: "db.table_lock", file: "config/watched.yaml" };
      const answer = await room.ask(
        "GET",
        filled(operation, (name) => values[name]),
      );
      if (!operation.path.endsWith("/result")) expect([operation.path, answer.status]).toEqual([operation.path, 200]);
      expectAsSaid(operation, answer);
    }
    expect(looks.length).toBeGreaterThan(15);
  });

  test("is what every operation answers that does something", async () => {
    const bodies: Record<string, [unknown, number]> = {
      "POST /session": [{ token: room.token }, 200],
      "POST /halt": [{ reason: "drill" }, 200],
      "DELETE /halt": [undefined, 200],
      "PUT /files/content": [{ file: "config/other.yaml", text: watched }, 200],
      "POST /validate": [{ text: "experiments: [{ name: x }]" }, 200],
      "POST /dry-run": [{ file: "config/watched.yaml" }, 202],
      "POST /discover": [{ text: watched }, 202],
      "POST /doctor": [{ text: watched }, 202],
      "POST /sweep": [{ text: watched }, 202],
      "POST /runs": [{ text: watched }, 202],
      "POST /runs/{run}/stop": [{}, 400],
      "POST /runs/{run}/recover": [{}, 202],
      "DELETE /jobs/{id}": [undefined, 202],
      "DELETE /session": [undefined, 204],
    };
    for (const operation of operations.filter(({ method }) => method !== "GET")) {
      const name = `${operation.method} ${operation.path.replace("/api/v1", "")}`;
      const [body, status] = bodies[name] ?? [undefined, `no body for ${name}`];
      const answer = await room.ask(
        operation.method,
        filled(operation, (key) => known[key as "run"]),
        body,
      );
      expect([name, answer.status]).toEqual([name, status]);
      expectAsSaid(operation, answer);
    }
  });

  test("holds for whatever is sent: nothing breaks it, and every failure says what to do", async () => {
    const junk = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc.constantFrom("..", "%00", "a/b", "' OR 1=1 --", "-1", "1e999", "x".repeat(250)),
    );
    const anyValue = fc.oneof(fc.jsonValue({ maxDepth: 3 }), junk);
    const cases = operations
      // a stream has no end to wait for; a login that is guessed is refused for a minute; a halt refuses what comes after it
      .filter(({ path, responses }) => !isStream(responses) && !/\/(?:session|halt)$/.test(path))
      .map((operation) =>
        fc.record({
          operation: fc.constant(operation),
          values: fc.dictionary(fc.constantFrom(...operation.parameters.map(({ name }) => name), "other"), junk),
          body:
            operation.body === undefined
              ? fc.constant(undefined)
              : fc.oneof(anyValue, likely(operation.body, anyValue)),
        }),
      );
    await fc.assert(
      fc.asyncProperty(fc.oneof(...cases), async ({ operation, values, body }) => {
        const answer = await room.ask(
          operation.method,
          filled(operation, (name) => values[name] ?? (name in known ? "x" : undefined)),
          body,
        );
        expect(answer.status).toBeLessThan(500);
        if (answer.status >= 400)
          expect(answer.body).toMatchObject({ code: expect.any(String), message: expect.any(String) });
        if (!(answer.status === 404 && answer.body.code === "not-found")) expectAsSaid(operation, answer);
      }),
      { numRuns: 300 },
    );
    expect((await room.ask("GET", "/machine")).status).toBe(200);
  });
});

const isStream = (responses: Operation["responses"]) => "text/event-stream" in (responses["200"]?.content ?? {});

/** The path and query with values; a path's have to be there. */
function filled({ path, parameters }: Operation, valueOf: (name: string) => string | undefined): string {
  const query = new URLSearchParams();
  let full = path;
  for (const { name, in: where } of parameters) {
    const value = valueOf(name);
    if (where === "path") full = full.replace(`{${name}}`, encodeURIComponent(value || "x"));
    else if (where === "query" && value !== undefined) query.set(name, value);
  }
  return query.size > 0 ? `${full}?${query.toString()}` : full;
}

/** The keys that are expected, with values that are not. */
function likely(schema: any, values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const keys = [schema, ...(schema.allOf ?? [])].flatMap(({ properties = {} }) => Object.keys(properties));
  return fc.record(Object.fromEntries(keys.map((key) => [key, values])), { requiredKeys: [] });
}
