import { SharedStreams } from "./shared-streams.ts";
import { listenAlone, type Told, type Wish } from "./source.ts";

/** What a tab asks: to hear something under an id of its own, or no longer. */
export type Asked = { id: number; wish: Wish | null };
export type Answered = { id: number; told: Told };

/** A browser has six connections to one server for all its tabs: with the one of the lists, two are left for requests. */
const streams = new SharedStreams(listenAlone, { most: 3, turnMs: 300 });

addEventListener("connect", (event) => {
  const [port] = (event as MessageEvent).ports as unknown as [MessagePort];
  const heard = new Map<number, () => void>();
  const leave = (id: number) => {
    heard.get(id)?.();
    heard.delete(id);
  };
  port.addEventListener("message", ({ data: { id, wish } }: MessageEvent<Asked>) => {
    leave(id);
    if (wish)
      heard.set(
        id,
        streams.listen(wish, (told) => port.postMessage({ id, told } satisfies Answered)),
      );
  });
  // where the browser says that a tab has crashed
  port.addEventListener("close", () => [...heard.keys()].forEach(leave));
  port.start();
});
