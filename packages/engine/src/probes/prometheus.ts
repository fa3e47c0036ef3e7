import { defineProbe, describeError } from "@chaos-agents/core";
import { z } from "zod";

const answerSchema = z.object({
  status: z.string(),
  error: z.string().optional(),
  data: z
    .union([
      z.object({
        resultType: z.literal("vector"),
        result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })),
      }),
      z.object({ resultType: z.enum(["scalar", "string"]), result: z.tuple([z.number(), z.string()]) }),
    ])
    .optional(),
});

/** The one number of an instant query; null when there is none, or more than one. Prometheus HTTP API v1. */
export function instantValue(answer: z.infer<typeof answerSchema>): { value: number | null; detail: string } {
  if (answer.status !== "success" || !answer.data) return { value: null, detail: answer.error ?? "the query failed" };
  const { data } = answer;
  if (data.resultType !== "vector") return { value: Number(data.result[1]), detail: `value ${data.result[1]}` };
  if (data.result.length === 1)
    return { value: Number(data.result[0]!.value[1]), detail: `value ${data.result[0]!.value[1]}` };
  return { value: null, detail: `the query returned ${data.result.length} series; aggregate it to one` };
}

export const prometheusProbe = defineProbe({
  kind: "prometheus",
  summary: "Ask Prometheus an instant query that has one number as its answer",
  params: z.strictObject({
    url: z.url({ protocol: /^https?$/ }).meta({ description: "Where Prometheus is, such as http://prometheus:9090" }),
    query: z.string().min(1).meta({ description: "PromQL that returns one series or a scalar" }),
    headers: z
      .record(z.string(), z.string())
      .default({})
      .meta({ description: "Headers to send, such as Authorization; a value is best as a ${VARIABLE}" }),
  }),
  example: { url: "http://127.0.0.1:9090", query: 'sum(rate(http_requests_total{code=~"5.."}[1m]))' },
  async open({ url, query, headers }) {
    const endpoint = new URL(`${url.replace(/\/+$/, "")}/api/v1/query`);
    endpoint.searchParams.set("query", query);
    return {
      async measure(signal) {
        try {
          const response = await fetch(endpoint, { headers, signal });
          const { value, detail } = instantValue(answerSchema.parse(await response.json()));
          return { ok: value !== null && !Number.isNaN(value), value, detail };
        } catch (error) {
          const detail = error instanceof z.ZodError ? "the answer is not Prometheus's" : describeError(error);
          return { ok: false, value: null, detail };
        }
      },
      async [Symbol.asyncDispose]() {},
    };
  },
});
