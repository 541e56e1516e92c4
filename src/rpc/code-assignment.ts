import type { AssignCodeRequest, AssignCodeResponse } from "../gen/allot/v1/code_pool_pb.js";
import { issuedCoupon, refusalMessage, undecided } from "./issue-answer.ts";
import type { Taking } from "./taking.ts";

export const assignCode: Taking<AssignCodeRequest, AssignCodeResponse> = {
  kind: "code-pool",
  answer(request, issued, { campaign }) {
    switch (issued.kind) {
      case "entry":
        throw new Error("a take that could only give codes gave none");
      case "coupon":
        return answered({ case: "coupon", value: issuedCoupon(request, issued, campaign) }, issued.replayed);
      case "refusal":
        return answered({ case: "refusal", value: refusalMessage(issued) }, false);
      default:
        return undecided(request, issued);
    }
  },
};

/** Written out, as issue-answer.ts does. */
function answered(outcome: AssignCodeResponse["outcome"], replayed: boolean): AssignCodeResponse {
  return { $typeName: "allot.v1.AssignCodeResponse", outcome, replayed };
}
