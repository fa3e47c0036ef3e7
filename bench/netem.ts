import { ChaosRun } from "./chaos.ts";
import { Machines, run } from "./machines.ts";
import { type BenchRow, median } from "./table.ts";

const delayMs = 100;
const lossPercent = 10;
const packets = 10_000;

interface Pings {
  ms: number;
  lost: number;
}

/** Delay and loss as asked for, as somebody at the other end of the cable has them, and the same by `tc` by hand. */
export async function netemRows(home: string): Promise<BenchRow[]> {
  await using machines = new Machines(home);
  const { id } = await machines.make("clone");
  const { namespace, address, login, keys } = await machines.placeOf(id);
  const enter = ["nsenter", `--net=/run/netns/${namespace}`] as const;

  const ping = async (count: number, interval: number): Promise<Pings> => {
    const [command, ...args] = [...enter, "busybox", "ping", "-c", `${count}`, "-i", `${interval}`, "-W", "2", address];
    const { stdout } = await run(command, args, { maxBuffer: 1 << 24 });
    const answers = [...stdout.matchAll(/ time=([\d.]+) ms$/gm)].map(([, ms]) => Number(ms));
    return { ms: median(answers), lost: (100 * (count - answers.length)) / count };
  };
  const byUs = async <T>(skill: string, params: object, look: () => Promise<T>): Promise<T> => {
    const experiment = {
      target: "server",
      target_config: {
        hosts: [{ host: address, username: "root", auth: { type: "key", private_key_path: login } }],
        known_hosts: keys,
      },
      duration: "10m",
      skills: [{ skill_name: skill, params }],
    };
    await using fault = new ChaosRun(home, skill.replace(".", "-"), experiment, enter);
    await fault.seen("phase-started", ({ phase }) => phase === "observe");
    const seen = await look();
    await fault.stop();
    return seen;
  };
  const byHand = async <T>(queue: string[], look: () => Promise<T>): Promise<T> => {
    await using host = await machines.connect(id);
    const tc = async (verb: string, ...words: string[]) => {
      const { code, stderr } = await host.exec(["tc", "qdisc", verb, "dev", "eth0", "root", ...words]);
      if (code !== 0) throw new Error(stderr);
    };
    await tc("add", "netem", "limit", "100000", ...queue);
    const seen = await look();
    await tc("del");
    return seen;
  };

  const forDelay = () => ping(200, 0.02);
  const forLoss = () => ping(packets, 0.003);
  const undisturbed = await forDelay();
  const late = await byUs("server.network_delay", { delay: `${delayMs}ms` }, forDelay);
  const lateByHand = await byHand(["delay", `${delayMs}ms`], forDelay);
  const lossy = await byUs("server.network_loss", { loss: `${lossPercent}%` }, forLoss);
  const lossyByHand = await byHand(["loss", `${lossPercent}%`], forLoss);

  const [ours, rival] = [late, lateByHand].map(({ ms }) => ms - undisturbed.ms) as [number, number];
  return [
    {
      what: `delay of ${delayMs} ms, as added to a round trip`,
      ours: `${ours.toFixed(2)} ms`,
      rival: `${rival.toFixed(2)} ms tc by hand`,
      ratio: ours / rival,
      aim: "± 1 ms or 5 %",
      met: Math.abs(ours - delayMs) <= Math.max(1, 0.05 * delayMs),
    },
    {
      what: `loss of ${lossPercent} %, over ${packets} packets`,
      ours: `${lossy.lost.toFixed(2)} %`,
      rival: `${lossyByHand.lost.toFixed(2)} % tc by hand`,
      ratio: lossy.lost / lossyByHand.lost,
      aim: "± 1 point",
      met: Math.abs(lossy.lost - lossPercent) <= 1,
    },
  ];
}
