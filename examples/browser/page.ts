import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { type Campaign, CampaignSchema, CampaignService } from "../../src/gen/allot/v1/campaign_pb.js";
import { CouponService } from "../../src/gen/allot/v1/coupon_pb.js";
import { showTime, wordsFor, wordsForError } from "./words.ts";

const dayMs = 86_400_000;
const address = new URL(location.href);
const transport = createConnectTransport({
  baseUrl: address.searchParams.get("server") ?? "http://127.0.0.1:8080",
  defaultTimeoutMs: 10_000,
});
const campaigns = createClient(CampaignService, transport);
const coupons = createClient(CouponService, transport);

const element = <E extends HTMLElement>(id: string) => document.getElementById(id) as E;

/** Kept, so that whoever comes back to the page is still the same person. */
let userId = localStorage.getItem("user") ?? newUser();
/** One for each wish: while no answer has come, asking again is asking for the same coupon. */
let requestId = crypto.randomUUID();

function newUser(): string {
  const id = `guest-${crypto.randomUUID().slice(0, 8)}`;
  localStorage.setItem("user", id);
  return id;
}

const campaignId = address.searchParams.get("campaign");
if (campaignId) await open(campaignId);
else element("making").hidden = false;

element("making").addEventListener("submit", async (event) => {
  event.preventDefault();
  const name = element<HTMLInputElement>("name").value;
  const quota = element<HTMLInputElement>("quota").valueAsNumber;
  try {
    const { campaign } = await campaigns.createCampaign({
      campaign: create(CampaignSchema, {
        name,
        endTime: timestampFromMs(Date.now() + dayMs),
        prizes: [{ name, quota }],
        limits: { perUser: 1 },
      }),
      requestId,
    });
    requestId = crypto.randomUUID();
    address.searchParams.set("campaign", campaign!.id);
    history.replaceState(null, "", address);
    await open(campaign!.id);
  } catch (error) {
    const { note, detail } = wordsForError(error);
    element("making-trouble").textContent = `${note} ${detail}`;
  }
});

async function open(id: string): Promise<void> {
  element("making").hidden = true;
  element("asking").hidden = false;
  element("user").textContent = userId;
  element("ask").addEventListener("click", () => ask(id));
  element("somebody-else").addEventListener("click", () => {
    userId = newUser();
    requestId = crypto.randomUUID();
    element("user").textContent = userId;
    show("", "", "", "");
  });
  await refresh(id);
}

async function refresh(id: string): Promise<void> {
  try {
    const { campaign } = await campaigns.getCampaign({ campaignId: id });
    element("title").textContent = campaign!.name || campaign!.id;
    element("stock").textContent = stockOf(campaign!);
  } catch (error) {
    const { note, detail } = wordsForError(error);
    show("trouble", note, "", detail);
  }
}

function stockOf({ stats, endTime }: Campaign): string {
  const until = endTime ? `, until ${showTime(endTime).replace(/^on /, "")}` : "";
  const { issued = 0, remaining } = stats ?? {};
  return remaining === undefined
    ? `As many as it takes${until}.`
    : `${remaining} of ${issued + remaining} left${until}.`;
}

async function ask(id: string): Promise<void> {
  const button = element<HTMLButtonElement>("ask");
  button.disabled = true;
  try {
    const { outcome, replayed } = await coupons.issueCoupon({ campaignId: id, userId, requestId });
    requestId = crypto.randomUUID();
    if (outcome.case === "coupon") {
      const { code, issueTime } = outcome.value;
      const given = `Given ${showTime(issueTime!)}.`;
      if (replayed) show("replay", "Already yours: the same code as before", code, given);
      else show("coupon", "Yours", code, given);
    } else if (outcome.case === "refusal") {
      const { note, detail } = wordsFor(outcome.value);
      show("refusal", note, "", detail);
    }
    await refresh(id);
  } catch (error) {
    const { note, detail } = wordsForError(error);
    show("trouble", note, "", detail);
  } finally {
    button.disabled = false;
  }
}

function show(kind: string, note: string, code: string, detail: string): void {
  element("answer").dataset.kind = kind;
  element("note").textContent = note;
  element("code").textContent = code;
  element("detail").textContent = detail;
}
