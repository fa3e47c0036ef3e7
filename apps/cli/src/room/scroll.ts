import type { RoomKey } from "./keys.ts";

/** Which lines of many are seen. */
export class Scroll {
  #top = 0;
  #height = 1;
  #count = 0;

  /** The lines to show; remembers how many there are and fit. */
  window<Line>(lines: readonly Line[], height: number): readonly Line[] {
    this.#height = Math.max(1, height);
    this.#count = lines.length;
    this.#top = Math.max(0, Math.min(this.#top, this.#last));
    return lines.slice(this.#top, this.#top + this.#height);
  }

  get #last(): number {
    return Math.max(0, this.#count - this.#height);
  }

  /** `12–34 of 80`, or null where all is seen. */
  get place(): string | null {
    if (this.#count <= this.#height) return null;
    return `${this.#top + 1}-${Math.min(this.#count, this.#top + this.#height)} of ${this.#count}`;
  }

  press(key: RoomKey): boolean {
    const to = moved(key, this.#top, this.#height, this.#last);
    if (to === undefined) return false;
    this.#top = to;
    return true;
  }
}

/** The same for lines that keep coming: it stays at the newest, until somebody looks back. */
export class TailScroll {
  /** The number of the line after the last one shown, counted from the first there ever was; null: the newest. */
  #until: number | null = null;
  #height = 1;
  #from = 0;
  #count = 0;

  /** `dropped`: how many lines are gone from the beginning. */
  window<Line>(lines: readonly Line[], height: number, dropped: number): readonly Line[] {
    this.#height = Math.max(1, height);
    this.#from = dropped;
    this.#count = dropped + lines.length;
    if (this.#until !== null) this.#until = Math.max(Math.min(this.#from + this.#height, this.#count), this.#until);
    const until = (this.#until ?? this.#count) - dropped;
    return lines.slice(Math.max(0, until - this.#height), until);
  }

  /** How many lines came after those that are shown. */
  get newer(): number {
    return this.#until === null ? 0 : this.#count - this.#until;
  }

  press(key: RoomKey): boolean {
    const first = Math.min(this.#from + this.#height, this.#count) - this.#height;
    const top = (this.#until ?? this.#count) - this.#height;
    const last = this.#count - this.#height;
    const to = moved(key, top, this.#height, last, first);
    if (to === undefined) return false;
    this.#until = to >= last ? null : to + this.#height;
    return true;
  }
}

/** Where a key leads from `at`; undefined for one that moves nothing. */
export function moved(key: RoomKey, at: number, page: number, last: number, first = 0): number | undefined {
  const step = Math.max(1, page - 1);
  const targets: Record<string, number> = {
    up: at - 1,
    k: at - 1,
    down: at + 1,
    j: at + 1,
    pageup: at - step,
    pagedown: at + step,
    " ": at + step,
    home: first,
    g: first,
    end: last,
    G: last,
  };
  const to = targets[key];
  return to === undefined ? undefined : Math.max(first, Math.min(last, to));
}
