/** connect-node as its documentation sets it up, with a handler that answers the same coupon to everybody. */
import { createServer } from "node:http";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { CouponService, Coupon_State as State } from "../../src/gen/allot/v1/coupon_pb.js";

createServer(
  connectNodeAdapter({
    routes(router) {
      router.service(CouponService, {
        issueCoupon: ({ campaignId, userId }) => ({
          outcome: {
            case: "coupon",
            value: {
              code: "2345678923",
              campaignId,
              prizeId: "p1",
              userId,
              state: State.ISSUED,
              issueTime: { seconds: 1_795_000_000n, nanos: 0 },
            },
          },
        }),
      });
    },
  }),
).listen(Number(process.env.PORT), "127.0.0.1");
