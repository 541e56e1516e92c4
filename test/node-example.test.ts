import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { clientsOf } from "./client.ts";
import { startAllot } from "./servers/allot.ts";

const example = fileURLToPath(new URL("../examples/node/issue.ts", import.meta.url));

test("the example gets one coupon by Connect and another by gRPC", async () => {
  await using server = await startAllot();
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [example, server.url]);
  const codes = stdout.trim().split("\n");
  expect([stderr, new Set(codes).size]).toEqual(["", 2]);
  const { coupons } = clientsOf(server.url);
  const users = await Promise.all(
    codes.map(async (code) => (await coupons.getCoupon({ code })).coupon?.userId),
  );
  expect(users).toEqual(["user-0", "user-1"]);
});
