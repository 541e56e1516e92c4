import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { type Campaign, CampaignService } from "../../src/gen/allot/v1/campaign_pb.js";
import { campaignOf } from "./make.ts";
import { showFigures } from "./show-figures.ts";
import { type Answer, participation } from "./take-part.ts";
import { type Status, watch } from "./watch.ts";
import { statuses, wordsForError, wordsOf } from "./words.ts";

const address = new URL(location.href);
const transport = createConnectTransport({
  baseUrl: address.searchParams.get("server") ?? "http://127.0.0.1:8080",
  defaultTimeoutMs: 10_000,
});
const campaigns = createClient(CampaignService, transport);
const takePart = participation(transport);

const element = <E extends HTMLElement>(id: string) => document.getElementById(id) as E;

/** Kept, so that whoever comes back to the page is still the same person. */
let userId = localStorage.getItem("user") ?? newUser();
/** One for each wish: while no answer has come, asking again is asking for the same thing. */
let requestId = crypto.randomUUID();
/** Undefined until the server has told. */
let campaign: Campaign | undefined;

function newUser(): string {
  const id = `guest-${crypto.randomUUID().slice(0, 8)}`;
  localStorage.setItem("user", id);
  return id;
}

const campaignId = address.searchParams.get("campaign");
if (campaignId) open(campaignId);
else element("making").hidden = false;

element("making").addEventListener("submit", async (event) => {
  event.preventDefault();
  const value = (id: string) => element<HTMLInputElement>(id).value;
  try {
    const made = campaignOf(value("mechanic"), value("name"), Number(value("quota")));
    const { campaign } = await campaigns.createCampaign({ campaign: made, requestId });
    requestId = crypto.randomUUID();
    address.searchParams.set("campaign", campaign!.id);
    history.replaceState(null, "", address);
    open(campaign!.id);
  } catch (error) {
    const { note, detail } = wordsForError(error);
    element("making-trouble").textContent = `${note} ${detail}`;
  }
});

function open(id: string): void {
  element("making").hidden = true;
  element("campaign").hidden = false;
  element("user").textContent = userId;
  element("ask").addEventListener("click", ask);
  element("somebody-else").addEventListener("click", () => {
    userId = newUser();
    requestId = crypto.randomUUID();
    element("user").textContent = userId;
    show(undefined);
  });
  watch(campaigns, id, {
    onCampaign(seen) {
      if (!campaign) {
        show(undefined);
        setAsking(false);
      }
      campaign = seen;
      document.title = seen.name || seen.id;
      element("title").textContent = document.title;
      element("ask").textContent = wordsOf(seen, seen.state).button;
    },
    onFigures: (figures) => showFigures(campaign!, figures),
    onStatus: showStatus,
    onError(error) {
      // Later on the status says enough, and the answer stays.
      if (!campaign) show({ kind: "trouble", ...wordsForError(error) });
    },
  });
}

/** A button that is disabled would lose the focus to somewhere else. */
function setAsking(asking: boolean): void {
  element("ask").ariaDisabled = String(asking);
}

async function ask(): Promise<void> {
  if (!campaign || element("ask").ariaDisabled === "true") return;
  setAsking(true);
  const wish = { userId, requestId };
  const showTo = (answer: Answer) => wish.userId === userId && show(answer);
  try {
    const answer = await takePart(campaign, wish);
    if (wish.requestId === requestId) requestId = crypto.randomUUID();
    showTo(answer);
  } catch (error) {
    showTo({ kind: "trouble", ...wordsForError(error) });
  } finally {
    setAsking(false);
  }
}

function show(answer: Answer | undefined): void {
  const { kind = "", again = false, note = "", code = "", detail = "" } = answer ?? {};
  element("answer").dataset.kind = kind;
  element("answer").dataset.again = String(again);
  element("note").textContent = note;
  element("code").textContent = code;
  element("code").dataset.long = String(code.length > 14);
  element("detail").textContent = detail;
}

function showStatus(status: Status): void {
  element("live").dataset.status = status;
  element("live").textContent = statuses[status];
}
