import { base } from "../base.ts";

/** What somebody wants to hear. `after` numbers the last event they have; null where events have no numbers. */
export interface Wish {
  path: string;
  after: number | null;
}

/** What comes of it. After `lost` nothing comes any more. */
export type Told = { kind: "open" } | { kind: "lost" } | { kind: "event"; name: string; data: string; number: number };
export type Tell = (told: Told) => void;

/** Begins to listen; what it returns ends it. */
export type Listen = (wish: Wish, tell: Tell) => () => void;

/** Every name the server's streams use. */
const names = ["run", "job", "halt", "end"];

/** A connection of one's own. */
export const listenAlone: Listen = ({ path, after }, tell) => {
  const source = new EventSource(`${base}${path}${after === null ? "" : `?after=${after}`}`);
  source.addEventListener("open", () => tell({ kind: "open" }));
  source.addEventListener("error", () => {
    source.close();
    tell({ kind: "lost" });
  });
  for (const name of names) {
    source.addEventListener(name, ({ data, lastEventId }: MessageEvent<string>) =>
      tell({ kind: "event", name, data, number: Number(lastEventId) }),
    );
  }
  return () => source.close();
};
