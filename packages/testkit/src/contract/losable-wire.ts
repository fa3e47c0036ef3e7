import { once } from "node:events";
import { type AddressInfo, type Socket, connect, createServer } from "node:net";

export interface LosableWire extends AsyncDisposable {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** Resets the clients' ends and takes no more of them. The other end stays open and silent, as behind a cut network. */
  lose(): void;
}

/** Stands between a client and a server on loopback. Disposing closes both ends. */
export async function startLosableWire(to: { host: string; port: number }): Promise<LosableWire> {
  const pairs = new Set<{ client: Socket; server: Socket }>();
  const listener = createServer({ noDelay: true }, (client) => {
    const server = connect({ ...to, noDelay: true });
    for (const socket of [client, server]) socket.on("error", () => {});
    client.pipe(server);
    server.pipe(client);
    pairs.add({ client, server });
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return {
    host: "127.0.0.1",
    port: (listener.address() as AddressInfo).port,
    lose() {
      listener.close();
      for (const { client, server } of pairs) {
        client.unpipe(server);
        server.unpipe(client).resume();
        client.resetAndDestroy();
      }
    },
    [Symbol.asyncDispose]: async () => {
      listener.close();
      for (const pair of pairs) for (const socket of Object.values(pair)) socket.destroy();
    },
  };
}
