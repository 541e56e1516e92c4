import { toJsonString } from "@bufbuild/protobuf";
import { CampaignSchema } from "../../../src/gen/allot/v1/campaign_pb.js";
import { clientsOf, probeId } from "../target/prepare.ts";

/** A client like any other, beside the fuzzer: what it asks for it must get. */
export class Probe {
  readonly #clients: ReturnType<typeof clientsOf>;
  #issued = 0;

  constructor(url: string, key: string) {
    this.#clients = clientsOf(url, key);
  }

  /** A plain request, and a campaign whose figures must be what was asked of it; what is wrong, if anything is. */
  async look(): Promise<string | undefined> {
    const { campaigns, coupons } = this.#clients;
    try {
      const userId = `probe-${this.#issued}`;
      const { outcome } = await coupons.issueCoupon({ campaignId: probeId, userId, requestId: userId });
      if (outcome.case !== "coupon") return `a plain IssueCoupon was answered with ${outcome.case}`;
      this.#issued++;
      const { campaign } = await campaigns.getCampaign({ campaignId: probeId });
      const issued = campaign?.stats?.issued;
      return issued === this.#issued
        ? undefined
        : `${this.#issued} coupons were asked for, ${issued} are issued`;
    } catch (error) {
      return `a plain IssueCoupon failed: ${error}`;
    }
  }

  /** Everything that is told about campaigns, by their ids. */
  async describe(campaignIds: readonly string[]): Promise<Map<string, string>> {
    const described = new Map<string, string>();
    for (const campaignId of campaignIds) {
      const { campaign } = await this.#clients.campaigns
        .getCampaign({ campaignId })
        .catch(() => ({ campaign: undefined }));
      described.set(campaignId, campaign ? toJsonString(CampaignSchema, campaign) : "gone");
    }
    return described;
  }
}
