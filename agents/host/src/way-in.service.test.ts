import { EndingClock, Stage, experimentOf, standing } from "@chaos-agents/testkit/contract";
import { expect, test } from "vitest";
import { agent } from "./test/bed.fixture.ts";
import { type NetworkBed, answers, networkBed } from "./test/network-bed.fixture.ts";

const duration = 3_599_999;

/** Runs the bed's skill on the real engine, looks while it stands, and ends it. */
async function whileStanding(bed: NetworkBed, skill: string, look: () => Promise<void>): Promise<void> {
  const clock = new EndingClock(duration);
  await using stage = await Stage.open({ agents: [agent], probes: [] }, clock);
  const params = agent.skills.find(({ name }) => name === skill)!.params.parse(bed.params) as Record<string, unknown>;
  const running = stage.run(
    experimentOf({
      targets: { main: { kind: "server", config: agent.config.parse(bed.config) } },
      skills: [{ skill, params, count: 1, target: "main" }],
      duration,
    }),
  );
  await standing(stage, running);
  await look().finally(() => clock.end());
  expect(await running).toMatchObject({ verdict: "passed", left: [] });
}

/** A connection that is made before the fault, and says something when it stands. */
const session = `
  perl -MIO::Socket::INET -e '
    $SIG{ALRM} = sub { print "cut"; exit };
    my $to = IO::Socket::INET->new(PeerAddr => "10.77.0.2", PeerPort => 22) or die;
    open my $made, ">", "/tmp/made";
    select undef, undef, undef, 0.02 until -e "/tmp/go";
    alarm 10;
    if (syswrite $to, "hello" and sysread $to, my $got, 5) { print "open" } else { print "cut" }'`;

const locking: [string, Record<string, unknown>][] = [
  ["server.network_partition", { peers: ["10.77.0.1", "0.0.0.0/0", "::/0"] }],
  ["server.port_block", { ports: [22, 8080] }],
  ["server.port_block", { ports: [22, 8080], action: "refuse", protocol: "both" }],
];

test.for(locking)("%s %j leaves our way in open, standing and new, and nobody else's", async ([skill, params]) => {
  await using bed = await networkBed(params, async () => false);
  const { far, outside } = bed;
  const standingSession = far(session);
  await expect.poll(() => outside("ls /tmp"), { timeout: 20_000 }).toContain("made");
  expect(await far(answers("10.77.0.2", 8080))).toBe("yes");
  await whileStanding(bed, skill, async () => {
    expect(await far(answers("10.77.0.2", 8080)), "others are cut off").toBe("no");
    expect(await far(answers("10.77.0.2", 22)), "a new session").toBe("yes");
    await outside("touch /tmp/go");
    expect(await standingSession, "the standing session").toBe("open");
    await far("ip addr add 10.77.0.9/24 dev far0");
    const elsewhere = answers("10.77.0.2", 22).replace("PeerPort", 'LocalAddr => "10.77.0.9", PeerPort');
    expect(await far(elsewhere), "the same port from elsewhere").toBe("no");
  });
  expect(await far(answers("10.77.0.2", 8080))).toBe("yes");
});

/** Packets that went through our queue, as the kernel counts them. */
const queued = async ({ outside }: NetworkBed) =>
  Number(/ (\d+) pkt/.exec((await outside("tc -s qdisc show dev eth0 | grep -A 1 '^qdisc tbf'")) || "")![1]);

test("our way in never waits in a queue of ours, whatever the peers", async () => {
  await using bed = await networkBed({ rate: "1mbit", peers: ["10.77.0.0/24"] }, async () => false);
  await whileStanding(bed, "server.network_bandwidth", async () => {
    const before = await queued(bed);
    expect(await bed.far(answers("10.77.0.2", 22))).toBe("yes");
    expect(await queued(bed)).toBe(before);
    expect(await bed.far(answers("10.77.0.2", 8080))).toBe("yes");
    expect(await queued(bed)).toBeGreaterThan(before);
  });
});

test("only packets of the ports asked for wait", async () => {
  await using bed = await networkBed({ rate: "1mbit", ports: [8081] }, async () => false);
  await whileStanding(bed, "server.network_bandwidth", async () => {
    expect(await bed.far(answers("10.77.0.2", 8080))).toBe("yes");
    expect(await queued(bed)).toBe(0);
    await bed.outside(answers("10.77.0.1", 8081));
    expect(await queued(bed)).toBeGreaterThan(0);
  });
});
