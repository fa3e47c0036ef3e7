import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Event } from "@chaos-agents/core";
import { HandClock } from "@chaos-agents/testkit/contract";
import { Ear } from "./ear.fixture.ts";
import { nobody, told } from "./notice.fixture.ts";
import type { NoticeSettings } from "./notice-settings.ts";
import { Notices } from "./notices.ts";

type Reached = (url: string) => Partial<NoticeSettings>;

const byWebhook: Reached = (url) => ({ webhook: { url: `${url}/in/T0KEN4711`, secret: null } });

/** Notices with a receiver on this machine, a clock of the test's own and a folder that outlives restarts. */
export class Desk implements AsyncDisposable {
  readonly clock = new HandClock();
  readonly logged: string[] = [];
  readonly ear: Ear;
  readonly folder: string;
  readonly #reached: Reached;
  readonly #over: AsyncDisposableStack;
  #notices: Notices;

  private constructor(ear: Ear, folder: string, reached: Reached, over: AsyncDisposableStack) {
    this.ear = ear;
    this.folder = folder;
    this.#reached = reached;
    this.#over = over;
    this.#notices = this.#open();
  }

  static async open(reached: Reached = byWebhook): Promise<Desk> {
    const over = new AsyncDisposableStack();
    const { path } = over.use(await mkdtempDisposable(join(tmpdir(), "chaos-notices-")));
    const ear = over.use(await Ear.open());
    return new Desk(ear, join(path, "state"), reached, over);
  }

  #open(reached = this.#reached): Notices {
    const notices = { ...nobody, ...reached(this.ear.url) };
    const log = (message: string) => void this.logged.push(message);
    return new Notices({ clock: this.clock, notices, folder: this.folder, log });
  }

  tell(events: readonly Event[]): void {
    for (const event of events) this.#notices.event(event, { ...told, run: event.run });
  }

  cutOff(pending: number): void {
    this.#notices.cutOff({ ...told, pending });
  }

  /** With the same receivers as at first, or others. */
  async restart(reached?: Reached): Promise<void> {
    await this.#notices[Symbol.asyncDispose]();
    this.#notices = this.#open(reached);
  }

  /** Moves time on by the pause that is being made, once it is. */
  async afterPause(ms: number): Promise<void> {
    await this.clock.asleepFor(ms);
    this.clock.advance(ms);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#notices[Symbol.asyncDispose]();
    await this.#over.disposeAsync();
  }
}

export const ids = (heard: readonly { body: { id: string } }[]) => heard.map(({ body }) => body.id);
