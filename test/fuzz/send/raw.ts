import { connect } from "node:net";
import type { BytesInput } from "../input.ts";
import type { Answer } from "./answer.ts";

/** When nothing came for so long, nothing more is waited for. */
const quietMs = 60;
const mostBytes = 1 << 20;

/** Writes an input to a connection of its own and reads whatever comes. */
export async function sendRaw(port: number, { pieces, end }: BytesInput): Promise<Answer> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true }).setNoDelay();
  const { promise, resolve } = Promise.withResolvers<Answer>();
  let text = "";
  let quiet: NodeJS.Timeout | undefined;
  const settle = (outcome: Answer["outcome"]) => {
    clearTimeout(quiet);
    socket
      .removeAllListeners()
      .on("error", () => {})
      .destroy();
    resolve({ outcome, text });
  };
  const waitOn = () => {
    clearTimeout(quiet);
    quiet = setTimeout(() => settle(text === "" ? "quiet" : "answered"), quietMs);
  };
  socket.on("data", (chunk) => {
    if (text.length < mostBytes) text += chunk.toString("latin1");
    waitOn();
  });
  socket
    .on("end", () => settle("closed"))
    .on("close", () => settle("closed"))
    .on("error", () => settle("closed"));
  for (const piece of pieces) {
    if (socket.destroyed) break;
    socket.write(piece);
    // Each a packet of its own.
    await new Promise((next) => setImmediate(next));
  }
  if (end === "half") socket.end();
  if (end === "cut") settle("cut");
  else waitOn();
  return await promise;
}
