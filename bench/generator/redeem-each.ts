/**
 * A worker that redeems coupons, each once, over so many connections of HTTP/1.1: whoever is answered takes the next code. It says how long
 * that took in seconds, or what was wrong with an answer.
 */
import { Agent, request } from "node:http";
import { parentPort, workerData } from "node:worker_threads";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { RedeemCouponRequestSchema, RedeemCouponResponseSchema } from "../../src/gen/allot/v1/coupon_pb.js";

export interface Redeeming {
  url: string;
  codes: string[];
  connections: number;
}

const { url, codes, connections } = workerData as Redeeming;
const agent = new Agent({ keepAlive: true, maxSockets: connections });
const path = `${url}/allot.v1.CouponService/RedeemCoupon`;

function post(body: Uint8Array): Promise<{ status: number | undefined; answer: Buffer }> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/proto", "content-length": body.length };
    const sent = request(path, { agent, method: "POST", headers }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => resolve({ status: response.statusCode, answer: Buffer.concat(parts) }));
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

async function redeem(code: string): Promise<void> {
  const message = create(RedeemCouponRequestSchema, { code, orderId: `order of ${code}` });
  const { status, answer } = await post(toBinary(RedeemCouponRequestSchema, message));
  const { outcome, replayed } = fromBinary(
    RedeemCouponResponseSchema,
    status === 200 ? answer : new Uint8Array(),
  );
  if (outcome.case !== "coupon" || replayed)
    throw new Error(`${status} for ${code}: ${answer.toString("latin1")}`);
}

const left = codes.values();
const startMs = performance.now();
await Promise.all(
  Array.from({ length: connections }, async () => {
    for (const code of left) await redeem(code);
  }),
);
parentPort!.postMessage((performance.now() - startMs) / 1_000);
agent.destroy();
