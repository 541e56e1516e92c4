import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Hop } from "./hop.ts";

let server: Server;
let hop: Hop;
/** What came to the server, which answers each piece with "re: " and the piece. */
let heard: string[];
let ended: number;

beforeEach(async () => {
  heard = [];
  ended = 0;
  server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    socket.on("data", (data) => {
      heard.push(String(data));
      socket.write(`re: ${data}`);
    });
    socket.on("end", () => {
      ended++;
      socket.end();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  hop = await Hop.start((server.address() as AddressInfo).port);
});
afterEach(async () => {
  await hop.stop();
  server.close();
});

interface Talk {
  socket: Socket;
  answers: string[];
  closed: Promise<unknown>;
}

async function talk(): Promise<Talk> {
  const socket = connect(hop.port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  const answers: string[] = [];
  socket.on("data", (data) => answers.push(String(data)));
  return { socket, answers, closed: new Promise((resolve) => socket.once("close", resolve)) };
}

const have = (answers: string[], text: string) => expect.poll(() => answers.join("")).toBe(text);

test("passes everything, and ends, on", async () => {
  const { socket, answers, closed } = await talk();
  socket.write("one");
  await have(answers, "re: one");
  socket.end();
  await closed;
  expect(ended).toBe(1);
});

test("a lost reply was done all the same, and its connection is gone", async () => {
  hop.loseReplies(1);
  const { socket, answers, closed } = await talk();
  socket.write("one");
  await closed;
  expect(heard).toEqual(["one"]);
  expect(answers).toEqual([]);
});

test("what was held back comes in its order", async () => {
  const { socket, answers } = await talk();
  socket.write("one");
  await have(answers, "re: one");
  hop.stall();
  socket.write(" two");
  await expect.poll(() => socket.writableLength).toBe(0);
  const beside = await talk();
  beside.socket.write("three");
  expect(heard).toEqual(["one"]);
  hop.heal();
  await have(answers, "re: onere:  two");
  await have(beside.answers, "re: three");
});

test("a byte at a time", async () => {
  const { socket, answers } = await talk();
  hop.trickle();
  socket.write("ab");
  await expect.poll(() => heard, { timeout: 5_000 }).toEqual(["a", "b"]);
  hop.heal();
  await have(answers, "re: are: b");
});

test("half a connection: the server hears that there is no more, the client hears the answer to what was before", async () => {
  const { socket, answers, closed } = await talk();
  socket.write("one");
  await have(answers, "re: one");
  hop.halfClose("server");
  await expect.poll(() => ended).toBe(1);
  hop.heal();
  await closed;
});

test.each([
  ["held", []],
  ["sent", ["a step"]],
  ["answered", ["a step"]],
] as const)("strikes when a step is %s, at its turn", async (when, reached) => {
  let struck = 0;
  hop.watch({ word: "step", when }, 1, () => struck++);
  const { socket, answers } = await talk();
  socket.write("first step");
  await have(answers, "re: first step");
  expect(struck).toBe(0);
  socket.write("a step");
  await expect.poll(() => struck).toBe(1);
  await expect.poll(() => heard).toEqual(["first step", ...reached]);
  if (when !== "sent") expect(answers).toEqual(["re: first step"]);
});
