/** Shell that starts a service which sends back what it gets, and goes on when it listens. */
export const echo = (port: number) => `
  setsid perl -MIO::Socket::INET -e '
    $SIG{CHLD} = "IGNORE";
    my $server = IO::Socket::INET->new(LocalPort => shift, Listen => 9, ReuseAddr => 1) or die;
    while (1) {
      my $client = $server->accept or next;
      next if fork;
      while (sysread $client, my $bytes, 4096) { syswrite $client, $bytes }
      exit;
    }' ${port} </dev/null >/dev/null 2>&1 &
  until [ -n "$(ss -Hltn sport = :${port})" ]; do sleep 0.02; done`;
