import { spawn } from "node:child_process";
import { open, readFile, stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import { type Clock, ChaosError } from "@chaos-agents/core";
import { z } from "zod";
import { requireCommands, runCommand } from "../commands.ts";
import type { MachineDriver, MachinePlan, RunningMachine } from "../driver.ts";
import { endProcess, findByArgument, untilGone } from "../process-table.ts";
import { type Accelerator, filesOf, machineType, qemuCommandLine } from "./command-line.ts";
import { connectWhenThere, QmpClient } from "./qmp-client.ts";
import { qemuVersion } from "./qemu-version.ts";

const migrationSchema = z.looseObject({ status: z.string().optional(), "error-desc": z.string().optional() });

/** QEMU. Templates: memory in a file that clones map privately, all else as a migration to a file. */
export function qemuDriver(accelerator: Accelerator, clock: Clock): MachineDriver {
  const lastWords = async (folder: string) => {
    const text = await readFile(filesOf(folder).console, "latin1").catch(() => "");
    // oxlint-disable-next-line no-control-regex -- what a terminal would act upon is not for our errors
    const lines = text.replace(/\x1b\[[0-9;?]*[A-Za-z]|[^\x20-\x7e\n]/g, "").split("\n");
    return lines
      .filter((line) => line.trim())
      .slice(-20)
      .join("\n");
  };

  const started = async (plan: MachinePlan, start: "boot" | "restore", signal: AbortSignal) => {
    requireCommands("running a machine", ["qemu-system-x86_64", "qemu-img"]);
    if (!(await stat(plan.disk).catch(() => undefined))) {
      const { path, format } = plan.baseDisk;
      await runCommand(["qemu-img", "create", "-q", "-f", "qcow2", "-b", path, "-F", format, plan.disk], { signal });
    }
    const [command, ...args] = qemuCommandLine(plan, { accelerator, start });
    await using log = await open(filesOf(plan.folder).log, "a", 0o600);
    const child = spawn(command!, args, { detached: true, stdio: ["ignore", log.fd, log.fd] });
    const ended = new Promise<string>((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("exit", (code, killer) => {
        const otherwise = killer ? `it was ended by ${killer}` : `it ended with code ${code}`;
        const said = readFile(filesOf(plan.folder).log, "utf8").catch(() => "");
        resolve(said.then((text) => text.trim().split("\n").at(-1) || otherwise));
      });
    });
    return { child, ended };
  };

  /** Starts it and does the work, unless it ends first: then that is the error. */
  const launch = async <T>(
    plan: MachinePlan,
    start: "boot" | "restore",
    signal: AbortSignal,
    work: (alive: AbortSignal, ended: Promise<string>) => Promise<T>,
  ): Promise<T> => {
    const { child, ended } = await started(plan, start, signal);
    const gone = new AbortController();
    const failed = ended.then(async (reason) => {
      const facts = { console: await lastWords(plan.folder) };
      gone.abort(new ChaosError("internal", `QEMU did not keep ${plan.id} running: ${reason}`, { facts }));
    });
    try {
      return await work(AbortSignal.any([signal, gone.signal]), ended);
    } catch (error) {
      // Its sockets close before it is gone.
      if (error instanceof ChaosError && error.code === "target-unreachable") await failed;
      throw gone.signal.aborted ? gone.signal.reason : error;
    } finally {
      child.unref();
    }
  };

  const running = async (plan: MachinePlan, qmp: QmpClient, ended: Promise<string>, signal: AbortSignal) =>
    ({
      sshPort: plan.network.kind === "user" ? await forwardedPort(qmp, signal) : null,
      ended,
      [Symbol.dispose]: () => qmp[Symbol.dispose](),
    }) satisfies RunningMachine;

  const migrated = async (qmp: QmpClient, signal: AbortSignal) => {
    for (;;) {
      const state = migrationSchema.parse(await qmp.execute("query-migrate", {}, signal));
      if (state.status === "completed") return;
      if (state.status === "failed" || state.status === "cancelled") {
        throw new ChaosError(
          "internal",
          `QEMU could not move the machine's state: ${state["error-desc"] ?? state.status}`,
        );
      }
      await clock.sleep(2, signal);
    }
  };
  // The memory's file is shared already: it stays out of what is moved.
  const ignoreShared = { capabilities: [{ capability: "x-ignore-shared", state: true }] };

  return {
    name: "qemu",
    version: async (signal) => `qemu ${await qemuVersion(signal)} ${accelerator} ${machineType}`,
    boot(plan, signal) {
      return launch(plan, "boot", signal, async (alive, ended) => {
        const qmp = await QmpClient.open(filesOf(plan.folder).qmp, clock, alive);
        return running(plan, qmp, ended, alive);
      });
    },
    bootTemplate(plan, signal) {
      return launch(plan, "boot", signal, async (alive, ended) => {
        const qmp = await QmpClient.open(filesOf(plan.folder).qmp, clock, alive);
        const port = await connectWhenThere(filesOf(plan.folder).identity, clock, alive);
        const lines = createInterface({ input: port })[Symbol.asyncIterator]();
        const machine = await running(plan, qmp, ended, alive);
        return {
          ...machine,
          park(until) {
            port.write("park\n");
            return expectLine(lines, "waiting", until);
          },
          async save(state, until) {
            await qmp.execute("stop", {}, until);
            await qmp.execute("migrate-set-capabilities", ignoreShared, until);
            await qmp.execute("migrate", { uri: `exec:cat >${quoted(state)}` }, until);
            await migrated(qmp, until);
            const [process] = await findByArgument(filesOf(plan.folder).pid);
            await qmp.execute("quit", {}, until);
            // Its disk is whole only then.
            if (process) await untilGone(process, clock);
          },
          [Symbol.dispose]() {
            port.destroy();
            machine[Symbol.dispose]();
          },
        };
      });
    },
    restore(plan, { state, identity }, signal) {
      return launch(plan, "restore", signal, async (alive, ended) => {
        const files = filesOf(plan.folder);
        const qmp = await QmpClient.open(files.qmp, clock, alive);
        // Before it wakes: it would find nobody at the other end.
        const port = await connectWhenThere(files.identity, clock, alive);
        try {
          await qmp.execute("migrate-set-capabilities", ignoreShared, alive);
          await qmp.execute("migrate-incoming", { uri: `exec:cat ${quoted(state)}` }, alive);
          // Not before: what is loaded later says that it is paused, and it would stay so.
          await migrated(qmp, alive);
          await qmp.execute("cont", {}, alive);
          port.write(identity());
          await expectLine(createInterface({ input: port })[Symbol.asyncIterator](), "done", alive);
          return await running(plan, qmp, ended, alive);
        } catch (error) {
          qmp[Symbol.dispose]();
          throw error;
        } finally {
          port.destroy();
        }
      });
    },
    async powerCycle(folder, signal) {
      using qmp = await QmpClient.open(filesOf(folder).qmp, clock, signal);
      await qmp.execute("system_reset", {}, signal);
    },
    async stop(folder) {
      for (const process of await findByArgument(filesOf(folder).pid)) await endProcess(process, clock);
    },
    lastWords,
  };
}

/** Which port QEMU chose: it is told none, so that two machines cannot choose the same. */
async function forwardedPort(qmp: QmpClient, signal: AbortSignal): Promise<number> {
  const text = String(await qmp.execute("human-monitor-command", { "command-line": "info usernet" }, signal));
  const port = /TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)/.exec(text)?.[1];
  if (port === undefined) throw new ChaosError("internal", `QEMU does not say which port it forwards: ${text}`);
  return Number(port);
}

async function expectLine(lines: AsyncIterator<string>, wanted: string, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  try {
    signal.throwIfAborted();
    const line = await Promise.race([lines.next(), aborted.promise]);
    if (line.value !== wanted) {
      throw new ChaosError("internal", `the machine does not take its identity: ${line.value ?? "it hung up"}`);
    }
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

const quoted = (path: string) => `'${path.replaceAll("'", "'\\''")}'`;
