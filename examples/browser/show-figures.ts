import type { Campaign, WatchCampaignResponse } from "../../src/gen/allot/v1/campaign_pb.js";
import { countedAs, wordsOf } from "./words.ts";

const element = (id: string) => document.getElementById(id)!;

export function showFigures(
  campaign: Campaign,
  { state, stats, issuedPerSecond, outcomes }: WatchCampaignResponse,
): void {
  const { issued, remaining, withoutPrize } = stats!;
  const { terms, given } = wordsOf(campaign, state);
  element("terms").textContent = terms;

  const isLottery = campaign.mechanic.case === "lottery";
  // Ballots are not taken from anything, and of unlimited prizes nothing is left to count.
  const left = isLottery ? undefined : remaining;
  element("count").textContent = (left ?? issued + withoutPrize).toLocaleString();
  element("count-of").textContent = left === undefined ? "so far" : "left";
  element("bar").hidden = left === undefined;
  element("bar").style.setProperty("--left", String(left ? left / (issued + left) : 0));

  showRows("given", [
    [given, isLottery ? withoutPrize : issued],
    ...(withoutPrize > 0 && !isLottery ? [["Draws without a prize", withoutPrize] as const] : []),
    ["Given a second", issuedPerSecond],
  ]);
  const { ISSUED: _, ...others } = outcomes;
  const rows = Object.entries(others).map(([outcome, count]) => [countedAs(outcome), count] as const);
  element("others-title").hidden = rows.length === 0;
  showRows("others", rows);
}

function showRows(id: string, rows: (readonly [string, number | bigint])[]): void {
  const cells = rows.flatMap(([name, figure]) => {
    const term = document.createElement("dt");
    const value = document.createElement("dd");
    term.textContent = name;
    value.textContent = figure.toLocaleString(undefined, { maximumFractionDigits: 1 });
    return [term, value];
  });
  element(id).replaceChildren(...cells);
}
