/** Prints when somebody first says `SSH-` at this address, as Unix time in milliseconds. Run in that address's network. */
import { connect } from "node:net";

const host = process.argv[2]!;
const patience = 1_000;

const greeted = () =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ host, port: 22 });
    const end = (heard: boolean) => {
      clearTimeout(late);
      socket.destroy();
      resolve(heard);
    };
    const late = setTimeout(() => end(false), patience);
    socket.once("data", (bytes: Buffer) => end(bytes.toString("latin1").startsWith("SSH-")));
    socket.once("error", () => end(false));
    socket.once("close", () => end(false));
  });

while (!(await greeted())) await new Promise((resolve) => setTimeout(resolve, 20));
process.stdout.write(String(Date.now()));
