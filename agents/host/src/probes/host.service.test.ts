import { expect, test } from "vitest";
import { agent, bed } from "../test/bed.fixture.ts";

const [probe] = agent.probes;

async function asked(machine: Awaited<ReturnType<typeof bed>>, params: Record<string, unknown>) {
  const targetConfig = agent.config.parse(machine.config);
  const signal = AbortSignal.timeout(30_000);
  await using open = await probe!.open(probe!.params.parse(params), { signal, targetConfig });
  return await open.measure(signal);
}

test("a host answers how it is", async () => {
  await using machine = await bed({}, async () => false, "setsid sleep 4711 </dev/null >/dev/null 2>&1 &");
  const load = (await machine.outside("cat /proc/loadavg")).split(" ")[0];
  expect(await asked(machine, { metric: "load_avg_1" })).toMatchObject({
    ok: true,
    value: expect.any(Number) as number,
  });
  expect(Number(load)).toBeGreaterThanOrEqual(0);
  for (const metric of ["cpu_pct", "mem_used_pct"]) {
    const { value, ok } = await asked(machine, { metric });
    expect(ok).toBe(true);
    expect(value).toBeGreaterThanOrEqual(0);
    expect(value).toBeLessThanOrEqual(100);
  }
  await machine.outside("head -c 16m /dev/zero >/tmp/quarter");
  expect(await asked(machine, { metric: "disk_used_pct", path: "/tmp" })).toMatchObject({ ok: true, value: 25 });
  expect(await asked(machine, { metric: "disk_free_mb", path: "/tmp" })).toMatchObject({ ok: true, value: 48 });
  expect(await asked(machine, { metric: "process_running", name: "sleep" })).toMatchObject({ ok: true, value: 1 });
  expect(await asked(machine, { metric: "process_running", name: "it's; not" })).toMatchObject({ ok: false, value: 0 });
});

test("what cannot be answered is said", async () => {
  await using machine = await bed({}, async () => false);
  expect(await asked(machine, { metric: "disk_free_mb", path: "/nowhere" })).toMatchObject({ ok: false, value: null });
  await machine.machine[Symbol.asyncDispose]();
  await expect(asked(machine, { metric: "load_avg_1" })).rejects.toThrow();
});
