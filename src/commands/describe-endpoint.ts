import { EVENT_TYPES, USUAL_TYPES } from "../events/event-type.ts";
import type { Endpoint, EventHead, EventPosition } from "../ledger/events.ts";

/** An endpoint for people to read, a few lines. */
export function describeEndpoint(
  endpoint: Endpoint,
  campaignId: string | undefined,
  heads: EventHead[],
  positions: EventPosition[],
  nowMs: number,
): string {
  const { id, url, deliveredMs, previous } = endpoint;
  const lines = [
    `${id}  ${url}`,
    `  state: ${stateOf(endpoint)}`,
    `  waiting: ${waiting(endpoint, heads, positions)} (entries and facts not looked at yet)`,
    `  last delivery: ${deliveredMs === undefined ? "none" : timeOf(deliveredMs)}`,
    `  gets: ${typesOf(endpoint.types)}, ${campaignId === undefined ? "of all campaigns" : `of ${campaignId}`}${endpoint.userIds ? "" : ", without user ids"}`,
  ];
  if (previous && previous.untilMs > nowMs)
    lines.push(`  the secret of before signs too until ${timeOf(previous.untilMs)}`);
  return lines.map((line) => `${line}\n`).join("");
}

function stateOf({ disabledMs, failures, failingMs, nextMs, problem }: Endpoint): string {
  if (disabledMs !== undefined)
    return `disabled since ${timeOf(disabledMs)} (${problem}); \`allot webhooks retry\` enables it`;
  if (failures === 0) return "delivering";
  const next = nextMs === undefined ? "" : `, next try ${timeOf(nextMs)}`;
  return `failing since ${timeOf(failingMs!)}, ${failures} in a row (${problem})${next}`;
}

function waiting({ campaignNo: only }: Endpoint, heads: EventHead[], positions: EventPosition[]): number {
  const passed = new Map(positions.map((position) => [position.campaignNo, position]));
  let count = 0;
  for (const { campaignNo, entries, seq } of heads) {
    if (only !== undefined && only !== campaignNo) continue;
    const at = passed.get(campaignNo);
    count += Math.max(0, entries - (at?.entries ?? 0)) + Math.max(0, seq - (at?.seq ?? 0));
  }
  return count;
}

function typesOf(types: string[]): string {
  if (EVENT_TYPES.every((type) => types.includes(type))) return "all types";
  if (types.join() === USUAL_TYPES.join()) return "all types but ballots";
  return types.join(", ");
}

/** To the second, as in 2026-11-20T09:30:00Z. */
function timeOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+/, "");
}
