import type { Hint } from "./frame.ts";
import type { RoomKey } from "./keys.ts";
import type { Look, Said, Size } from "./look.ts";

/** One of the room's pages; the last one opened is seen. */
export interface Page extends Disposable {
  readonly crumb: string;
  readonly hints: readonly Hint[];
  /** For the right of the first line. */
  readonly status: readonly Said[];
  /** Set while every character typed is text, as in a search. */
  readonly typing?: boolean;
  /** At most `height` lines, none wider than `width`. */
  lines(size: Size, look: Look): readonly string[];
  /** False for a key that is not its own. */
  press(key: RoomKey): boolean;
}
