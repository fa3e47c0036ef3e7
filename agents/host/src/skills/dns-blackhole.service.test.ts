import { skillContract } from "@chaos-agents/testkit/contract";
import { agent } from "../test/bed.fixture.ts";
import { networkBed } from "../test/network-bed.fixture.ts";

skillContract({
  agent,
  skill: "server.dns_blackhole",
  where: "some names",
  subject: () =>
    networkBed({ names: ["db.internal"] }, async ({ outside }) =>
      (await outside("getent ahostsv4 db.internal || :")).startsWith("0.0.0.0 "),
    ),
});

/** Whether a question gets as far as a resolver that listens: here it is the host itself, on any address. */
const question = `
  perl -MIO::Socket::INET -e '
    my $server = IO::Socket::INET->new(LocalAddr => "127.0.0.53", LocalPort => 53, Proto => "udp") or die;
    my $client = IO::Socket::INET->new(PeerAddr => "127.0.0.53", PeerPort => 53, Proto => "udp") or die;
    $client->send("who is it?");
    $server->blocking(0);
    print defined $server->recv(my $got, 99) ? "asked" : "lost"'`;

skillContract({
  agent,
  skill: "server.dns_blackhole",
  where: "all",
  subject: () => networkBed({ names: "all" }, async ({ outside }) => (await outside(question)) === "lost"),
});
