import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type HostOutside, hostContract } from "@chaos-agents/testkit/host-contract";
import { afterAll, beforeAll, describe } from "vitest";
import { microvmMissing, openRoom, testImage } from "./microvm.fixture.ts";
import type { WayTo } from "./network/way.ts";

const run = promisify(execFile);
const missing = microvmMissing();

describe.skipIf(missing)(`a microVM as a host${missing ? `: ${missing}` : ""}`, { timeout: 240_000 }, () => {
  let room: Awaited<ReturnType<typeof openRoom>>;
  let id: string;
  let ssh: string[];
  beforeAll(async () => {
    await testImage();
    room = await openRoom();
    ({ id } = await room.provider.make({ network: "user" }, "contract", AbortSignal.timeout(300_000)));
    const at = (name: string) => join(room.path, id, name);
    const { host, port } = JSON.parse(await readFile(at("way.json"), "utf8")) as WayTo;
    const options = [
      `UserKnownHostsFile=${at("known-hosts")}`,
      "ControlMaster=auto",
      `ControlPath=${at("side")}`,
      "ControlPersist=60",
    ];
    ssh = [
      "-F",
      "none",
      "-i",
      at("client-key"),
      "-p",
      `${port}`,
      ...options.flatMap((one) => ["-o", one]),
      `root@${host}`,
    ];
  }, 900_000);
  afterAll(() => room?.[Symbol.asyncDispose](), 60_000);

  /** By the ssh of this machine, over a login of its own. */
  const outside = async (script: string, ...values: string[]): Promise<Buffer> => {
    const words = ["sh", "-c", script, "outside", ...values].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
    const { stdout } = await run("ssh", [...ssh, words.join(" ")], { encoding: "buffer", maxBuffer: 2 ** 26 });
    return stdout;
  };
  const lines = (bytes: Buffer, between: string) => bytes.toString().split(between).slice(0, -1);
  const look: HostOutside = {
    folder: "/var/tmp/contract",
    read: (path) => outside('cat -- "$1"', path).catch(() => null),
    mode: async (path) => Number.parseInt((await outside('stat -c %a -- "$1"', path)).toString(), 8),
    list: async (folder) => lines(await outside('find "$1" -mindepth 1 -maxdepth 1 -printf "%f\\0"', folder), "\0"),
    commandLines: async () => lines(await outside("ps -ewwo args --no-headers"), "\n"),
  };
  const monitor = async () => Number(await readFile(join(room.path, id, "qemu.pid"), "utf8"));

  hostContract({
    name: "its own provider",
    // the way there is that of SSH, which is tried more often where commands are quick
    tries: 20,
    open: (signal) => room.provider.connect(id, signal),
    async outside() {
      await outside('mkdir -p -- "$1"', look.folder);
      return look;
    },
    sever: {
      cut: async () => void process.kill(await monitor(), "SIGSTOP"),
      mend: async () => void process.kill(await monitor(), "SIGCONT"),
    },
  });
});
