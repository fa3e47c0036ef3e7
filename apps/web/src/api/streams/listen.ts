import { type Listen, listenAlone, type Tell } from "./source.ts";
import type { Answered, Asked } from "./streams-worker.ts";

/** Over connections that all tabs share, where the browser can; else over one's own. */
export const listen: Listen = (wish, tell) => {
  shared ??= openShared();
  return (shared ?? listenAlone)(wish, tell);
};

/** Null where there is no worker to share with. */
let shared: Listen | null | undefined;

function openShared(): Listen | null {
  if (!("SharedWorker" in globalThis)) return null;
  const worker = new SharedWorker(new URL("./streams-worker.ts", import.meta.url), { type: "module" });
  const { port } = worker;
  const tells = new Map<number, Tell>();
  let ids = 0;
  const ask = (asked: Asked) => port.postMessage(asked);
  port.addEventListener("message", ({ data: { id, told } }: MessageEvent<Answered>) => {
    const tell = tells.get(id);
    if (told.kind === "lost") tells.delete(id);
    tell?.(told);
  });
  worker.addEventListener("error", () => {
    // it could not be started: whoever waits asks again, and then alone
    shared = null;
    const waiting = [...tells.values()];
    tells.clear();
    for (const tell of waiting) tell({ kind: "lost" });
  });
  port.start();
  return (wish, tell) => {
    const id = ids++;
    tells.set(id, tell);
    ask({ id, wish });
    return () => {
      if (tells.delete(id)) ask({ id, wish: null });
    };
  };
}
