import { z } from "zod";

const transportSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("stdio").meta({ description: "A program that is started and spoken to" }),
    command: z.string().min(1).meta({ description: "The program" }),
    args: z.array(z.string()).default([]).meta({ description: "Its arguments" }),
  }),
  z.strictObject({
    type: z.literal("sse").meta({ description: "A server that is spoken to over HTTP" }),
    url: z.url({ protocol: /^https?$/ }).meta({ description: "Where it is" }),
  }),
]);

const mcpServerSchema = z.strictObject({
  name: z.string().min(1).meta({ description: "Its name, in what the planner shows" }),
  transport: transportSchema.meta({ description: "How it is reached" }),
  env: z.record(z.string(), z.string()).default({}).meta({ description: "Variables that the program gets" }),
});

const providerSchema = z.strictObject({
  provider: z.enum(["anthropic", "openai", "ollama"]).default("anthropic").meta({ description: "Whose model plans" }),
  api_key: z.string().min(1).optional().meta({ description: "The key, best as a ${VARIABLE}" }),
  model: z.string().min(1).optional().meta({ description: "Which model; a good one when left out" }),
  max_tokens: z.int().min(1).max(1_000_000).default(4_096).meta({ description: "How long one answer may be" }),
  base_url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({ description: "Where the provider is, if not at home" }),
});

/** A file for `chaos plan --config`. */
export const llmFileSchema = z.strictObject({
  llm: providerSchema.optional().meta({ description: "The model that plans" }),
  mcp_servers: z
    .array(mcpServerSchema)
    .nullish()
    .transform((servers) => servers ?? [])
    .meta({ description: "Servers whose tools the planner may use" }),
  system_prompt: z.string().min(1).optional().meta({ description: "What to tell the model first" }),
  max_turns: z.int().min(1).max(1_000).default(10).meta({ description: "How often the model may ask for tools" }),
});
export type LlmFile = z.infer<typeof llmFileSchema>;
