import { once } from "node:events";
import http2 from "node:http2";
import net, { type AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { frame, literals } from "../../test/fuzz/grammar/http2.ts";
import { createSessions } from "./sessions.ts";

let server: http2.Http2Server;
let answers: http2.ServerHttp2Stream[];
beforeEach(async () => {
  answers = [];
  const sessions = createSessions(80);
  server = http2.createServer().on("session", (session) => sessions.add(session));
  server.on("stream", (stream: http2.ServerHttp2Stream) => answers.push(stream)).listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(() => server.close());

async function connect(): Promise<http2.ClientHttp2Session> {
  const session = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await once(session, "remoteSettings");
  return session;
}

test("a connection without a call is closed after a while, whatever else it sends; one with a call stays", async () => {
  const busy = await connect();
  const stream = busy.request({ ":path": "/" });
  stream.on("error", () => {}).resume();
  await expect.poll(() => answers.length).toBe(1);

  const chatty = await connect();
  const chatter = setInterval(() => chatty.destroyed || chatty.ping(() => {}), 5);
  await expect.poll(() => chatty.destroyed).toBe(true);
  clearInterval(chatter);
  expect(busy.closed).toBe(false);

  answers[0]!.respond({}, { endStream: true });
  await expect.poll(() => busy.destroyed).toBe(true);
});

test("a call that was reset in the packet that opened it keeps no connection open", async () => {
  const { port } = server.address() as AddressInfo;
  const socket = net.connect(port, "127.0.0.1").on("error", () => {});
  const block = literals([
    [":method", "GET"],
    [":scheme", "http"],
    [":authority", "shop"],
    [":path", "/"],
  ]);
  const frames = [frame(4, 0, 0, Buffer.alloc(0)), frame(1, 4, 1, block), frame(3, 0, 1, Buffer.alloc(4))];
  socket.write(Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), ...frames]));
  await once(socket.resume(), "close");
  expect(answers).toHaveLength(1);
});
