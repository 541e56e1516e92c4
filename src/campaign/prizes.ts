import type { Prize as PrizeMessage } from "../gen/allot/v1/campaign_pb.js";
import type { Mechanic, Prize } from "./campaign.ts";
import type { PrizeDraft } from "./prize-draft.ts";
import { problemsWith } from "./prizes-of-mechanic.ts";
import type { Problem } from "./problem.ts";
import { idProblem, lengthOf, nameProblem } from "./text.ts";

const MAX_PRIZES = 100;
const MAX_ATTRIBUTES = 20;
const MAX_KEY = 64;
const MAX_VALUE = 1_000;

/** The prizes of a campaign as asked for; adds what is wrong with them to `problems`. */
export function prizesOf(
  messages: PrizeMessage[],
  mechanic: Mechanic | undefined,
  problems: Problem[],
): PrizeDraft[] {
  // Of a code pool the server sets the quota: it has as many as there are codes.
  const isPool = mechanic?.kind === "code-pool";
  if (isPool && messages.length === 0) return [emptyPool];
  if (messages.length === 0 || messages.length > MAX_PRIZES) {
    problems.push({
      field: "campaign.prizes",
      problem: `There must be 1 to ${MAX_PRIZES} of them, not ${messages.length}.`,
    });
  }
  const places = new Map<string, number>();
  const prizes = messages.map((message, at) => {
    const prize = {
      id: message.id || `p${at + 1}`,
      name: message.name,
      quota: isPool ? 0 : message.quota,
      dailyQuota: message.dailyQuota,
      oddsPpm: message.oddsPpm,
      attributes: message.attributes,
    };
    const place = places.get(prize.id);
    if (place === undefined) places.set(prize.id, at);
    for (const [field, problem] of problemsOf(isPool ? { ...prize, quota: undefined } : prize, place)) {
      problems.push({ field: `campaign.prizes[${at}].${field}`, problem });
    }
    return prize;
  });
  for (const { field, problem } of mechanic ? problemsWith(mechanic, prizes) : []) {
    problems.push({ field: `campaign.${field}`, problem });
  }
  return prizes;
}

const emptyPool: PrizeDraft = {
  id: "p1",
  name: "",
  quota: 0,
  dailyQuota: undefined,
  oddsPpm: 0,
  attributes: {},
};

function* problemsOf(prize: PrizeDraft, sameIdAt: number | undefined): Iterable<[string, string]> {
  const ofId = idProblem(prize.id);
  if (ofId) yield ["id", ofId];
  else if (sameIdAt !== undefined) yield ["id", `Prize ${sameIdAt} has the same: ids must differ.`];
  const ofName = nameProblem(prize.name);
  if (ofName) yield ["name", ofName];

  const { quota, dailyQuota } = prize;
  if (quota === 0) yield ["quota", "It must be at least 1, or absent for no limit."];
  if (dailyQuota === 0) yield ["daily_quota", "It must be at least 1, or absent for no limit by day."];
  else if (quota && dailyQuota && dailyQuota > quota) {
    yield ["daily_quota", `It can't be more than the quota, ${quota}.`];
  }

  const entries = Object.entries(prize.attributes);
  if (entries.length > MAX_ATTRIBUTES) {
    yield ["attributes", `There can be ${MAX_ATTRIBUTES} entries, not ${entries.length}.`];
  }
  for (const [key, value] of entries) {
    const keyLength = lengthOf(key);
    const valueLength = lengthOf(value);
    if (keyLength === 0) yield ["attributes", "A key can't be empty."];
    if (keyLength > MAX_KEY) yield ["attributes", `A key can have ${MAX_KEY} characters, not ${keyLength}.`];
    else if (valueLength > MAX_VALUE) {
      yield [`attributes["${key}"]`, `It can have ${MAX_VALUE} characters, not ${valueLength}.`];
    }
  }
}

/**
 * Adds what keeps `drafts` from following the prizes that are there: those keep their ids and places, since serials, counters and
 * coupons name prizes by place, and each its kind of pool, since daily serials are lent by day.
 */
export function addProblemsWithExisting(drafts: PrizeDraft[], existing: Prize[], problems: Problem[]): void {
  for (const prize of existing) {
    const field = `campaign.prizes[${prize.no}]`;
    const draft = drafts[prize.no];
    if (draft?.id === prize.id) {
      if ((draft.dailyQuota === undefined) !== (prize.dailyQuota === undefined)) {
        const rule = prize.dailyQuota === undefined ? "can't be given one" : "can't lose it";
        problems.push({
          field: `${field}.daily_quota`,
          problem: `A prize ${rule} later: add another prize.`,
        });
      }
    } else if (drafts.some(({ id }) => id === prize.id)) {
      problems.push({
        field: `${field}.id`,
        problem: `It must be "${prize.id}": prizes keep their places, new ones come after them.`,
      });
    } else {
      problems.push({
        field: "campaign.prizes",
        problem: `"${prize.id}" is missing: prizes can't be removed; to give out no more of it, lower its quota.`,
      });
    }
  }
}

/** How many codes the prizes need from the start: an unlimited one gets more as it goes. */
export function codesNeeded(prizes: readonly { quota: number | undefined }[]): number {
  return prizes.reduce((total, { quota = 1 }) => total + quota, 0);
}
