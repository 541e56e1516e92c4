import type { UniversalServerResponse } from "@connectrpc/connect/protocol";
import type { Response } from "./exchange.ts";

/**
 * Sends connect's answer to a call with one message. It is whole by now, so it goes out in one piece where it is small, and nobody has to listen for
 * a slow reader.
 */
export async function sendOne(answer: UniversalServerResponse, response: Response): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body ?? nothing) chunks.push(chunk);
  response.writeHead(answer.status, Object.fromEntries(answer.header ?? []));
  if (answer.trailer !== undefined) response.addTrailers(Object.fromEntries(answer.trailer));
  const body = chunks.length === 1 ? bufferOf(chunks[0]!) : Buffer.concat(chunks);
  // A short string leaves together with the headers, in one system call.
  if (body.length < inOnePieceBytes) response.end(body.toString("latin1"), "latin1");
  else response.end(body);
}

const inOnePieceBytes = 4_096;
const nothing: Iterable<Uint8Array> = [];

const bufferOf = ({ buffer, byteOffset, length }: Uint8Array) => Buffer.from(buffer, byteOffset, length);
