import { systemClock } from "@chaos-agents/core";
import { eventsOf, putBack, standing } from "../metrics/some-run.fixture.ts";
import { nobody, told } from "./notice.fixture.ts";
import { Notices } from "./notices.ts";
import { noticed } from "./write-notice.ts";

/** Tells of run after run, and prints the id of every notice that it may no longer lose. */
const [folder, url] = process.argv.slice(2) as [string, string];
const log = () => undefined;
const notices = new Notices({
  clock: systemClock,
  notices: { ...nobody, webhook: { url, secret: null } },
  folder,
  log,
});
for (let number = 1; ; number++) {
  const run = `r${number}`;
  for (const event of eventsOf(run, [...standing, ...putBack])) {
    notices.event(event, { ...told, run });
    if (noticed.has(event.type) && event.type !== "fault-started") process.stdout.write(`${run}/${event.seq}\n`);
  }
  // lets deliveries go on in between
  await new Promise((resolve) => setImmediate(resolve));
}
