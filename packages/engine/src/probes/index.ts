import type { ProbeKind } from "@chaos-agents/core";
import { commandProbe } from "./command.ts";
import { httpProbe } from "./http.ts";
import { prometheusProbe } from "./prometheus.ts";
import { tcpProbe } from "./tcp.ts";

/** The probe kinds that need no agent. */
export const builtInProbes: readonly ProbeKind[] = [httpProbe, tcpProbe, commandProbe, prometheusProbe];
