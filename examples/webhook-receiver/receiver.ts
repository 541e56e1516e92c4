// Takes events from Allot and does what they call for: WEBHOOK_SECRET=whsec_… npx node examples/webhook-receiver/receiver.ts [PORT] [FILE]
import { createServer, type IncomingMessage } from "node:http";
import { Webhook, WebhookVerificationError } from "standardwebhooks";
import { Inbox } from "./inbox.ts";
import { tell } from "./tell.ts";

const maxBytes = 256 * 1024;

const secret = process.env.WEBHOOK_SECRET;
if (!secret) throw new Error("WEBHOOK_SECRET is what `allot webhooks add` showed: whsec_…");
const webhook = new Webhook(secret);
const inbox = new Inbox(process.argv[3] ?? "inbox.db", tell);

const server = createServer(async (request, response) => {
  response.statusCode = await take(request).catch((error: Error) => {
    console.error(error.message);
    // Not 2xx: it is sent again.
    return error instanceof WebhookVerificationError ? 401 : 500;
  });
  response.end();
});

/** Keeps an event and answers at once; the work is done later, so that Allot need not wait for it. */
async function take(request: IncomingMessage): Promise<number> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) return 413;
    chunks.push(chunk);
  }
  // The signature is of the bytes as they came: check it before anything reads them.
  const body = Buffer.concat(chunks).toString();
  webhook.verify(body, request.headers as Record<string, string>);
  inbox.keep(String(request.headers["webhook-id"]), body);
  return 204;
}

server.listen(Number(process.argv[2] ?? 3001), "127.0.0.1", () => {
  console.log("waiting for events");
  inbox.work();
});
