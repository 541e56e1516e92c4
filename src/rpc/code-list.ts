import { create } from "@bufbuild/protobuf";
import type { Campaign } from "../campaign/campaign.ts";
import { idProblem } from "../campaign/text.ts";
import {
  type ListCodesRequest,
  type ListCodesResponse,
  ListCodesResponseSchema,
  PoolCode_State as State,
} from "../gen/allot/v1/code_pool_pb.js";
import { keyedHash } from "../keys/keyed-hash.ts";
import type { PoolCode, PoolCodeState } from "../ledger/code-pools.ts";
import { type CodePoolServiceDeps, codeMessages, existingPool } from "./code-pool-access.ts";
import { type FieldProblem, invalid } from "./errors.ts";
import { type Page, pageOf, pageToken } from "./pages.ts";

interface Listed {
  codes: PoolCode[];
  /** What the next page comes after; undefined: this is the last one. */
  after: number[] | undefined;
}

export async function listCodes(
  deps: CodePoolServiceDeps,
  request: ListCodesRequest,
): Promise<ListCodesResponse> {
  const { pageKey } = deps.secrets;
  const { campaignId, userId, code } = request;
  const problems: FieldProblem[] = [];
  const ofId = idProblem(campaignId);
  if (ofId !== undefined) problems.push({ field: "campaign_id", problem: ofId });
  const states = statesOf(request, problems);
  const query = ["ListCodes", campaignId, userId, code, ...states];
  const page = pageOf(pageKey, query, request, problems);
  if (problems.length > 0) throw invalid(problems);

  const campaign = await existingPool(deps, campaignId);
  const isWanted = ({ state }: PoolCode) => states.length === 0 || states.some((one) => one === state);
  const { codes, after } =
    code !== ""
      ? await theOne(deps, campaign, code, userId)
      : userId !== ""
        ? await ofUser(deps, campaign, userId, page)
        : await ofPool(deps, campaign, states, page);
  return create(ListCodesResponseSchema, {
    codes: await codeMessages(deps, campaign, codes.filter(isWanted)),
    nextPageToken: after ? pageToken(pageKey, query, after) : "",
  });
}

function statesOf({ states }: ListCodesRequest, problems: FieldProblem[]): PoolCodeState[] {
  const wanted = new Set<PoolCodeState>();
  for (const [at, state] of states.entries()) {
    const name = names[state];
    if (name) wanted.add(name);
    else problems.push({ field: `states[${at}]`, problem: `There is no state ${state}.` });
  }
  return [...wanted].sort();
}

const names: Partial<Record<State, PoolCodeState>> = {
  [State.FREE]: "free",
  [State.ASSIGNED]: "assigned",
  [State.REDEEMED]: "redeemed",
  [State.DELETED]: "deleted",
};

async function ofPool(
  { ledger }: CodePoolServiceDeps,
  { no }: Campaign,
  states: PoolCodeState[],
  { size, after }: Page,
): Promise<Listed> {
  const { codes, next } = await ledger.poolCodes(no, states, after?.[0], size);
  return { codes, after: next === undefined ? undefined : [next] };
}

/** In the order in which they were assigned. */
async function ofUser(
  { ledger, secrets }: CodePoolServiceDeps,
  { no }: Campaign,
  userId: string,
  { size, after }: Page,
): Promise<Listed> {
  const [partitionNo, epoch, n, i] = after ?? [];
  const rows = await ledger.coupons(
    { campaignNo: no, userHash: keyedHash(secrets.userHashKey, [userId]) },
    after && { partitionNo: partitionNo!, epoch: epoch!, n: n!, i: i! },
    size,
  );
  const last = rows.length === size ? rows.at(-1) : undefined;
  const codes = await ledger.poolCodesBySerial(
    no,
    rows.map(({ serial }) => serial),
  );
  return { codes, after: last && [last.partitionNo, last.epoch, last.n, last.i] };
}

async function theOne(
  { ledger, codes, secrets, flush }: CodePoolServiceDeps,
  { no, space }: Campaign,
  code: string,
  userId: string,
): Promise<Listed> {
  const none = { codes: [], after: undefined };
  const place = await codes.decode(code);
  if (place?.spaceNo !== space.no) return none;
  const read = () => ledger.poolCodesBySerial(no, [place.serial]);
  let [found] = await read();
  if (found?.state === "free") {
    // It may have been assigned a moment ago.
    await flush();
    [found] = await read();
  }
  if (!found) return none;
  if (userId !== "") {
    const entry = await ledger.coupon(place.spaceNo, place.serial);
    if (!entry?.userHash.equals(keyedHash(secrets.userHashKey, [userId]))) return none;
  }
  return { codes: [found], after: undefined };
}
