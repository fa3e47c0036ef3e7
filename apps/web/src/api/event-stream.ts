import { base } from "./client.ts";

export type StreamState = "connecting" | "open" | "lost";

interface Stream {
  /** Where to (re)connect, with what was seen last. */
  path: () => string;
  /** By the event's name. `data` is parsed; what is no JSON is dropped. */
  on: Record<string, (data: unknown, close: () => void) => void>;
  state: (state: StreamState) => void;
}

const longestWait = 8_000;

/**
 * Server-sent events that come back by themselves: after an error, when the network returns, and when the page is looked at
 * again. A page nobody sees holds no connection, since browsers allow only six to one server.
 */
export function openStream({ path, on, state }: Stream): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let closed = false;

  const disconnect = () => {
    clearTimeout(timer);
    source?.close();
    source = null;
  };
  const close = () => {
    closed = true;
    disconnect();
    removeEventListener("online", reconnect);
    removeEventListener("offline", leave);
    document.removeEventListener("visibilitychange", look);
  };
  const connect = () => {
    if (closed || source || document.hidden) return;
    source = new EventSource(`${base}${path()}`);
    source.addEventListener("open", () => {
      failures = 0;
      state("open");
    });
    source.addEventListener("error", () => {
      disconnect();
      failures += 1;
      state(failures > 1 ? "lost" : "connecting");
      timer = setTimeout(connect, Math.min(longestWait, 250 * 2 ** failures) * (0.75 + Math.random() / 2));
    });
    for (const [name, hear] of Object.entries(on)) {
      source.addEventListener(name, (event) => {
        const data = parsed((event as MessageEvent<string>).data);
        if (data !== undefined) hear(data, close);
      });
    }
  };
  const reconnect = () => {
    disconnect();
    connect();
  };
  const look = () => (document.hidden ? disconnect() : connect());

  const leave = () => {
    disconnect();
    state("lost");
  };

  addEventListener("online", reconnect);
  addEventListener("offline", leave);
  document.addEventListener("visibilitychange", look);
  state("connecting");
  connect();
  return close;
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined || text === "" ? null : JSON.parse(text);
  } catch {
    return undefined;
  }
}
