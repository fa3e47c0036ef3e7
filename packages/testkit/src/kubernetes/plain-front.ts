import { once } from "node:events";
import { type AddressInfo, type Socket, createServer } from "node:net";
import { connect } from "node:tls";

/** A way to an API server without TLS, on loopback: for proxies that have to read what is sent. */
export interface PlainFront extends AsyncDisposable {
  readonly host: "127.0.0.1";
  readonly port: number;
}

export async function startPlainFront(server: string, ca: string): Promise<PlainFront> {
  const { hostname, port } = new URL(server);
  const sockets = new Set<Socket>();
  const front = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    const secure = connect({ host: hostname, port: Number(port), ca });
    for (const socket of [client, secure]) {
      sockets.add(socket);
      socket.on("error", () => {
        client.destroy();
        secure.destroy();
      });
      socket.once("close", () => sockets.delete(socket));
    }
    client.pipe(secure);
    secure.pipe(client);
  });
  front.listen(0, "127.0.0.1");
  await once(front, "listening");
  return {
    host: "127.0.0.1",
    port: (front.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      front.close();
      for (const socket of sockets) socket.destroy();
      await once(front, "close");
    },
  };
}
