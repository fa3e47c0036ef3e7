import { EventEmitter } from "node:events";
import type { HaltOrder } from "@chaos-agents/engine";
import type { Job, Run } from "./api/shapes.ts";

/** What changes in the lists that people look at. */
export class News extends EventEmitter<{ run: [Run]; job: [Job]; halt: [HaltOrder | null] }> {
  constructor() {
    super();
    // one for each window that is open
    this.setMaxListeners(0);
  }
}
