import type { Listen, Tell, Wish } from "./source.ts";

interface Watcher {
  tell: Tell;
  /** The number of the newest event it has. */
  seen: number | null;
}

/** One connection, and whom it serves. */
interface Line {
  serves: Set<Watcher>;
  open: boolean;
  /** The number of the newest event it brought. */
  at: number;
  close: () => void;
}

interface Topic {
  path: string;
  numbered: boolean;
  watchers: Set<Watcher>;
  /** Two, while one without numbers takes over from another. */
  lines: Set<Line>;
}

export interface SharingRules {
  /** How many topics with numbers may hold a connection at once. */
  most: number;
  /** Where there are more, one gives its place to the next after so many milliseconds. */
  turnMs: number;
}

/**
 * Streams that many tabs hear over few connections: one for each topic, and where there are too many topics they take turns.
 * Everybody hears every event after the last they have, once: a topic is asked for again from the oldest of those.
 */
export class SharedStreams {
  readonly #listen: Listen;
  readonly #rules: SharingRules;
  readonly #topics = new Map<string, Topic>();
  /** Topics with numbers that hold a connection, the longest first. */
  readonly #holding = new Set<Topic>();
  readonly #waiting = new Set<Topic>();
  #turn: ReturnType<typeof setTimeout> | undefined;

  constructor(listen: Listen, rules: SharingRules) {
    this.#listen = listen;
    this.#rules = rules;
  }

  readonly listen: Listen = (wish, tell) => {
    const topic = this.#topic(wish);
    const watcher = { tell, seen: wish.after };
    topic.watchers.add(watcher);
    const [line] = topic.lines;
    if (topic.numbered && line?.open && wish.after! >= line.at) {
      line.serves.add(watcher);
      tell({ kind: "open" });
    } else if (!topic.numbered || this.#holding.has(topic)) {
      this.#connect(topic);
    } else {
      this.#waiting.add(topic);
      this.#passOn();
    }
    return () => this.#leave(topic, watcher);
  };

  #topic({ path, after }: Wish): Topic {
    let topic = this.#topics.get(path);
    if (!topic) {
      topic = { path, numbered: after !== null, watchers: new Set(), lines: new Set() };
      this.#topics.set(path, topic);
    }
    return topic;
  }

  #connect(topic: Topic): void {
    const { path, numbered, watchers, lines } = topic;
    const before = [...lines];
    // events with numbers can be asked for again; others go on to be heard until the new line tells how everything stands
    for (const line of before) if (numbered || !line.open) drop(lines, line);
    const after = numbered ? Math.min(...[...watchers].map(({ seen }) => seen!)) : null;
    const line: Line = { serves: new Set(watchers), open: false, at: after ?? 0, close: () => undefined };
    lines.add(line);
    line.close = this.#listen({ path, after }, (told) => {
      if (!lines.has(line)) return;
      if (told.kind === "lost") return this.#lose(topic);
      if (told.kind === "open") {
        line.open = true;
        for (const old of before) drop(lines, old);
      } else if (numbered && told.name === "run") {
        line.at = Math.max(line.at, told.number);
      }
      for (const watcher of line.serves) {
        if (numbered && told.kind === "event" && told.name === "run") {
          if (watcher.seen! >= told.number) continue;
          watcher.seen = told.number;
        }
        watcher.tell(told);
      }
    });
  }

  /** Whoever still wants to hear it asks again. */
  #lose(topic: Topic): void {
    const watchers = [...topic.watchers];
    this.#end(topic);
    for (const { tell } of watchers) tell({ kind: "lost" });
  }

  #leave(topic: Topic, watcher: Watcher): void {
    topic.watchers.delete(watcher);
    for (const line of topic.lines) line.serves.delete(watcher);
    if (topic.watchers.size === 0) this.#end(topic);
  }

  #end(topic: Topic): void {
    topic.watchers.clear();
    this.#rest(topic);
    this.#waiting.delete(topic);
    if (this.#topics.get(topic.path) === topic) this.#topics.delete(topic.path);
    this.#passOn();
  }

  #rest(topic: Topic): void {
    for (const line of topic.lines) drop(topic.lines, line);
    this.#holding.delete(topic);
  }

  /** Fills the places there are; where none is free, the next turn is a moment away. */
  #passOn(): void {
    for (const topic of this.#waiting) {
      if (this.#holding.size >= this.#rules.most) break;
      this.#waiting.delete(topic);
      this.#holding.add(topic);
      this.#connect(topic);
    }
    if (this.#waiting.size === 0 || this.#turn !== undefined) return;
    this.#turn = setTimeout(() => {
      this.#turn = undefined;
      const longest = [...this.#holding].find(({ lines }) => [...lines].some(({ open }) => open));
      if (longest) {
        this.#rest(longest);
        this.#waiting.add(longest);
      }
      this.#passOn();
    }, this.#rules.turnMs);
  }
}

function drop(lines: Set<Line>, line: Line): void {
  lines.delete(line);
  line.close();
}
