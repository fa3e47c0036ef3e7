import type { Event } from "@chaos-agents/core";
import { createEventLines } from "@chaos-agents/report";
export interface LiveView { add(event: Event): void; close(): void }
export function createLiveView({ stream, color }: { stream: NodeJS.WriteStream; color: boolean }): LiveView {
  const lines = createEventLines({ color });
  return { add: (event) => { const line = lines(event); if (line !== undefined) stream.write(`${line}\n`); }, close: () => {} };
}
