import { onMachine } from "../test/machine.fixture.ts";

/** Milliseconds of a round trip to the gateway, the share of packets lost, and how many came twice, as ping counts them. */
const ping = async (outside: (script: string) => Promise<string>, count: number) => {
  const gateway = "$(ip route | awk '/^default/ { print $3 }')";
  const said = await outside(`ping -q -i 0.05 -W 2 -c ${count} ${gateway} || :`);
  return {
    ms: Number(/= [\d.]+\/([\d.]+)\//.exec(said)?.[1] ?? Number.NaN),
    lost: Number(/([\d.]+)% packet loss/.exec(said)![1]),
    twice: Number(/\+(\d+) duplicates/.exec(said)?.[1] ?? 0),
  };
};

onMachine("netem", (skill) => {
  skill("server.network_delay", {
    params: { delay: "300ms" },
    felt: async (outside) => (await ping(outside, 4)).ms >= 290,
  });
  skill("server.network_loss", {
    params: { loss: "50%" },
    felt: async (outside) => (await ping(outside, 60)).lost >= 20,
  });
  skill("server.network_corrupt", {
    params: { corrupt: "50%" },
    // what arrives with a wrong checksum is thrown away by whoever it is for
    felt: async (outside) => (await ping(outside, 60)).lost >= 20,
  });
  skill("server.network_duplicate", {
    params: { duplicate: "50%" },
    felt: async (outside) => (await ping(outside, 60)).twice >= 12,
  });
});
