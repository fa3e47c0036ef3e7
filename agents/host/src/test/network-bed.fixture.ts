import { spawnSync } from "node:child_process";
import type { WayIn } from "@chaos-agents/core";
import { type Bed, bed } from "./bed.fixture.ts";
import { echo } from "./echo.fixture.ts";

/** The host at 10.77.0.2, and somebody outside at 10.77.0.1, who is its gateway. */
export const wayIn: WayIn = { peer: "10.77.0.1", address: "10.77.0.2", port: 22 };

/** Services that send back what they get, at the ports that stand for SSH and for an application; names of its own. */
const prepare = `
  rm -f /etc/hosts /etc/resolv.conf && echo nameserver 127.0.0.1 >/etc/resolv.conf || exit
  printf '127.0.0.1 localhost\\n10.1.2.3 known.internal' >/etc/hosts && chmod 640 /etc/hosts || exit
  ip link set lo up && ip netns add far || exit
  ip link add name eth0 type veth peer name far0 && ip link set far0 netns far || exit
  ip link set eth0 addrgenmode none && ip addr add 10.77.0.2/24 dev eth0 && ip link set eth0 up && ip route add default via 10.77.0.1 || exit
  nsenter --net=/run/netns/far sh -c 'ip addr add 10.77.0.1/24 dev far0; ip link set far0 up; ip link set lo up'
${echo(22)}
${echo(8080)}`;

export interface NetworkBed extends Bed {
  /** A shell line at the other end of the host's only link. */
  readonly far: (script: string) => Promise<string>;
}

export async function networkBed(
  params: Record<string, unknown>,
  felt: (network: Pick<NetworkBed, "far" | "outside">) => Promise<boolean>,
): Promise<NetworkBed> {
  const farOf = (outside: Bed["outside"]) => (script: string) =>
    outside(`nsenter --net=/run/netns/far sh -c '${script.replaceAll("'", `'\\''`)}'`);
  const made = await bed(params, (outside) => felt({ outside, far: farOf(outside) }), prepare, wayIn);
  return Object.assign(made, { far: farOf(made.outside) });
}

/** Shell that says whether somebody there takes a TCP connection and sends back what it gets. */
export const answers = (address: string, port: number) => `
  perl -MIO::Socket::INET -e '
    $SIG{ALRM} = sub { print "no"; exit };
    alarm 1;
    my $to = IO::Socket::INET->new(PeerAddr => "${address}", PeerPort => ${port});
    if ($to and syswrite $to, "hello" and sysread $to, my $got, 5) { print "yes" } else { print "no" }'`;

/** Fifty datagrams at once from the host, and how many of them arrive: the receiver stops when none comes any more. */
export const burst = (to = "10.77.0.1") => `
  nsenter --net=/run/netns/far perl -MIO::Socket::INET -e '
    my $server = IO::Socket::INET->new(LocalAddr => "${to}", LocalPort => 9999, Proto => "udp") or die;
    open STDERR, ">", "/tmp/listens";
    my $count = 0;
    while (1) {
      my $bits = "";
      vec($bits, fileno($server), 1) = 1;
      last if !select($bits, undef, undef, $count ? 0.5 : 5);
      $server->recv(my $got, 2000) and $count++;
    }
    print $count' &
  while [ ! -e /tmp/listens ]; do sleep 0.02; done
  rm /tmp/listens
  perl -MIO::Socket::INET -e '
    my $client = IO::Socket::INET->new(PeerAddr => "${to}", PeerPort => 9999, Proto => "udp") or die;
    $client->send("x" x 1000) for 1 .. 50'
  wait`;

/** Some kernels have no netem; namespace hosts have this machine's. */
export const netemIsHere =
  spawnSync("unshare", "--net tc qdisc add dev lo root netem delay 1ms".split(" "), { stdio: "ignore" }).status === 0;
