import type { z } from "zod";

/** A probe's answer before it is judged. `value` is what `expect` is held against; null when there was none. */
export interface Measurement {
  value: number | string | null;
  /** Whether the question itself was answered well (status as wanted, exit code 0, port open). */
  ok: boolean;
  detail: string;
}

export interface ProbeContext {
  /** Aborted at the probe's timeout, and at the end of the run. */
  readonly signal: AbortSignal;
  /** The config of the target the probe names with `target:`, or of the experiment's own; undefined for neither. */
  readonly targetConfig: unknown;
}

/** An open probe: connections are made once and asked many times. */
export interface OpenProbe extends AsyncDisposable {
  measure(signal: AbortSignal): Promise<Measurement>;
}

/** One kind of question to a system. The engine adds name, timing, tolerance and latency. */
export interface ProbeKind<Params = any> {
  readonly kind: string;
  readonly summary: string;
  readonly params: z.ZodObject;
  readonly example: Record<string, unknown>;
  /** Why this probe cannot be asked with this target's config (undefined: no target), or undefined; asked at validation. */
  unsupported?(targetConfig: unknown, params: Params): string | undefined;
  open(params: Params, context: ProbeContext): Promise<OpenProbe>;
}

export function defineProbe<Schema extends z.ZodObject>(
  probe: Omit<ProbeKind<z.output<Schema>>, "params"> & { readonly params: Schema },
): ProbeKind<z.output<Schema>> {
  return probe;
}
