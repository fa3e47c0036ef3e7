import { listen } from "./listen.ts";

export type StreamState = "connecting" | "open" | "lost";

interface Stream {
  path: string;
  /** The number of the newest event that was heard, where they have numbers. */
  after?: () => number;
  /** By the event's name. `data` is parsed; what is no JSON is dropped. */
  on: Record<string, (data: unknown, close: () => void) => void>;
  state: (state: StreamState) => void;
}

const longestWait = 8_000;

/**
 * Server-sent events that come back by themselves: after an error, when the network returns, and when the page is looked at
 * again. A page nobody sees listens to nothing.
 */
export function openStream({ path, after, on, state }: Stream): () => void {
  let leave: (() => void) | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let closed = false;

  const disconnect = () => {
    clearTimeout(timer);
    leave?.();
    leave = null;
  };
  const close = () => {
    closed = true;
    disconnect();
    removeEventListener("online", reconnect);
    removeEventListener("offline", cutOff);
    removeEventListener("pagehide", disconnect);
    removeEventListener("pageshow", look);
    document.removeEventListener("visibilitychange", look);
  };
  const connect = () => {
    if (closed || leave || document.hidden) return;
    let mine = true;
    const stop = listen({ path, after: after?.() ?? null }, (told) => {
      if (!mine) return;
      if (told.kind === "event") {
        const data = parsed(told.data);
        if (data !== undefined) on[told.name]?.(data, close);
      } else if (told.kind === "open") {
        failures = 0;
        state("open");
      } else {
        disconnect();
        failures += 1;
        state(failures > 1 ? "lost" : "connecting");
        timer = setTimeout(connect, Math.min(longestWait, 250 * 2 ** failures) * (0.75 + Math.random() / 2));
      }
    });
    leave = () => {
      mine = false;
      stop();
    };
  };
  const reconnect = () => {
    disconnect();
    connect();
  };
  const look = () => (document.hidden ? disconnect() : connect());
  const cutOff = () => {
    disconnect();
    state("lost");
  };

  addEventListener("online", reconnect);
  addEventListener("offline", cutOff);
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", look);
  document.addEventListener("visibilitychange", look);
  state("connecting");
  connect();
  return close;
}

function parsed(text: string): unknown {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return undefined;
  }
}
