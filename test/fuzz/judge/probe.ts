import { toJsonString } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { CampaignSchema } from "../../../src/gen/allot/v1/campaign_pb.js";
import { clientsOf, probeId } from "../target/prepare.ts";

const tries = 8;

/** As clients do, because on a busy machine the server's deadline, which is a short one here, comes before its answer now and then. */
async function persist<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  for (let tried = 1; ; tried++) {
    try {
      return await call();
    } catch (error) {
      const { code } = ConnectError.from(error);
      if (tried === tries || (code !== Code.DeadlineExceeded && code !== Code.Unavailable)) throw error;
    }
  }
}

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
      const { outcome } = await persist(() =>
        coupons.issueCoupon({ campaignId: probeId, userId, requestId: userId }),
      );
      if (outcome.case !== "coupon") return `a plain IssueCoupon was answered with ${outcome.case}`;
      this.#issued++;
      const { campaign } = await persist(() => campaigns.getCampaign({ campaignId: probeId }));
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
      const told = await persist(() => this.#clients.campaigns.getCampaign({ campaignId })).then(
        ({ campaign }) => toJsonString(CampaignSchema, campaign!),
        (error) => String(error),
      );
      described.set(campaignId, told);
    }
    return described;
  }
}
