/** A wire between browser and server that a test can cut: nothing comes through any more, and nobody is told. */
import { createServer, connect as dial, type Socket } from "node:net";
import type { Server } from "./server.ts";

export interface Wire {
  /** The server as it is seen through the wire. */
  server: Server;
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

export async function wireTo(server: Server): Promise<Wire> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const listener = createServer((near) => {
    const far = dial(Number(new URL(server.url).port), "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("data", (bytes) => {
        if (!isCut) to.write(bytes);
      });
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((ready) => listener.listen(0, "127.0.0.1", ready));
  const address = listener.address();
  if (address === null || typeof address === "string") throw new Error("the wire has a port");
  const url = `http://127.0.0.1:${address.port}`;
  return {
    server: Object.create(server, { url: { value: url } }) as Server,
    cut() {
      isCut = true;
    },
    // What was lost on the way stays lost, as with a real one.
    mend() {
      isCut = false;
      for (const socket of sockets) socket.destroy();
    },
    close: () =>
      new Promise((closed) => {
        for (const socket of sockets) socket.destroy();
        listener.close(() => closed());
      }),
  };
}
