import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createSocketServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import { Connections } from "./post.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function listening(server: { listen: Server["listen"]; address: Server["address"] }): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
}

async function receiver(answer: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(answer as never);
  cleanUps.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return listening(server);
}

function connectionsTo(url: string): Connections {
  const connections = new Connections(url, 4);
  cleanUps.push(() => connections.close());
  return connections;
}

test("connections are kept, and the body arrives as it is", async () => {
  const ports = new Set<number>();
  const bodies: string[] = [];
  const url = await receiver(async (request, response) => {
    ports.add(request.socket.remotePort!);
    const chunks = await Array.fromAsync(request);
    bodies.push(`${request.headers["x-a"]} ${Buffer.concat(chunks as Buffer[])}`);
    response.writeHead(202).end("thanks");
  });
  const connections = connectionsTo(url);
  for (let i = 0; i < 5; i++) {
    expect(await connections.post({ "x-a": "b" }, `é ${i}`, 5_000)).toEqual({
      status: 202,
      retryAfter: undefined,
    });
  }
  expect([ports.size, bodies]).toEqual([1, Array.from({ length: 5 }, (_, i) => `b é ${i}`)]);
});

test("redirects are not followed, and Retry-After is reported", async () => {
  let calls = 0;
  const url = await receiver((_, response) => {
    calls++;
    response.writeHead(307, { location: "/elsewhere", "retry-after": "7" }).end();
  });
  expect(await connectionsTo(url).post({}, "{}", 5_000)).toEqual({ status: 307, retryAfter: "7" });
  expect(calls).toBe(1);
});

test("a receiver that says nothing is given up in time", async () => {
  const url = await receiver(() => {});
  await expect(connectionsTo(url).post({}, "{}", 150)).rejects.toThrow("no answer within 0.15 s");
});

test("a body without end changes nothing about the status", async () => {
  const url = await receiver((_, response) => {
    response.writeHead(200);
    response.write(Buffer.alloc(200_000));
  });
  expect(await connectionsTo(url).post({}, "{}", 20_000)).toMatchObject({ status: 200 });
});

test("a body that never ends is left at the deadline", async () => {
  const url = await receiver((_, response) => {
    response.writeHead(200).write("a");
  });
  expect(await connectionsTo(url).post({}, "{}", 150)).toMatchObject({ status: 200 });
});

test("a connection that the receiver closed meanwhile is replaced by a new one", async () => {
  let connections = 0;
  // Answers the first request of each connection, and closes it without a word when a second one comes.
  const server = createSocketServer((socket) => {
    connections++;
    let requests = 0;
    socket.on("error", () => {});
    socket.on("data", () => {
      if (++requests === 1) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
      else socket.resetAndDestroy();
    });
  });
  const url = await listening(server as never);
  cleanUps.push(() => server.close());
  const to = connectionsTo(url);
  for (let i = 0; i < 3; i++) expect(await to.post({}, "{}", 5_000)).toMatchObject({ status: 200 });
  expect(connections).toBe(3);
});

test("a connection that breaks before the answer is an error", async () => {
  const url = await receiver((request) => request.socket.destroy());
  await expect(connectionsTo(url).post({}, "{}", 5_000)).rejects.toThrow(/socket hang up|ECONNRESET/);
  await expect(connectionsTo("http://127.0.0.1:1/").post({}, "{}", 5_000)).rejects.toThrow("ECONNREFUSED");
});
