import { skillContract } from "@chaos-agents/testkit/contract";
import { agent } from "../test/bed.fixture.ts";
import { networkBed } from "../test/network-bed.fixture.ts";

/** Fifty datagrams at once from the host, and how many of them arrive: the receiver stops when none comes any more. */
const burst = `
  nsenter --net=/run/netns/far perl -MIO::Socket::INET -e '
    my $server = IO::Socket::INET->new(LocalAddr => "10.77.0.1", LocalPort => 9999, Proto => "udp") or die;
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
    my $client = IO::Socket::INET->new(PeerAddr => "10.77.0.1", PeerPort => 9999, Proto => "udp") or die;
    $client->send("x" x 1000) for 1 .. 50'
  wait`;

skillContract({
  agent,
  skill: "server.network_bandwidth",
  subject: () =>
    networkBed({ rate: "64kbit", latency: "50ms" }, async ({ outside }) => Number(await outside(burst)) < 25),
});
