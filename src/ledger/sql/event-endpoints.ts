import type { Selectable } from "kysely";
import type { Endpoint, EndpointChange, EventPosition, Health, NewEndpoint } from "../events.ts";
import { buffer } from "./bytes.ts";
import type { Database, Queries } from "./database.ts";
import { eventEnd, eventHeads, putPosition } from "./event-positions.ts";
import type { WebhookEndpointTable } from "./events-schema.ts";

export async function addEndpoint(db: Database, endpoint: NewEndpoint): Promise<void> {
  const heads = (await eventHeads(db.kysely)).filter(
    ({ campaignNo }) => endpoint.campaignNo === undefined || endpoint.campaignNo === campaignNo,
  );
  const positions: EventPosition[] = [];
  for (const { campaignNo } of heads) positions.push(await eventEnd(db, campaignNo));
  await db.write(async (tx) => {
    await tx.insertInto("webhook_endpoint").values(toRow(endpoint)).execute();
    const { no } = await tx
      .selectFrom("webhook_endpoint")
      .select("no")
      .where("id", "=", endpoint.id)
      .executeTakeFirstOrThrow();
    for (const position of positions) await putPosition(tx, no, position);
  });
}

function toRow(endpoint: NewEndpoint) {
  return {
    id: endpoint.id,
    url: endpoint.url,
    types: endpoint.types.join(),
    campaign_no: endpoint.campaignNo ?? null,
    user_ids: endpoint.userIds ? 1 : 0,
    wrapped_secret: buffer(endpoint.wrappedSecret),
    wrapped_previous: null,
    previous_until_ms: 0,
    create_ms: endpoint.createMs,
    disabled_ms: null,
    retry_ms: 0,
    delivered_ms: null,
    failures: 0,
    failing_ms: null,
    next_ms: null,
    problem: "",
    lease_owner: null,
    lease_until_ms: 0,
  };
}

export async function endpoints(queries: Queries): Promise<Endpoint[]> {
  const rows = await queries.selectFrom("webhook_endpoint").selectAll().orderBy("no").execute();
  return rows.map(toEndpoint);
}

function toEndpoint(row: Selectable<WebhookEndpointTable>): Endpoint {
  return {
    no: row.no,
    id: row.id,
    url: row.url,
    types: row.types.split(","),
    campaignNo: row.campaign_no ?? undefined,
    userIds: row.user_ids === 1,
    wrappedSecret: buffer(row.wrapped_secret),
    previous: row.wrapped_previous
      ? { wrapped: buffer(row.wrapped_previous), untilMs: row.previous_until_ms }
      : undefined,
    createMs: row.create_ms,
    retryMs: row.retry_ms,
    deliveredMs: row.delivered_ms ?? undefined,
    failures: row.failures,
    failingMs: row.failing_ms ?? undefined,
    nextMs: row.next_ms ?? undefined,
    problem: row.problem,
    disabledMs: row.disabled_ms ?? undefined,
  };
}

export function changeEndpoint(db: Database, id: string, change: EndpointChange): Promise<boolean> {
  return db.write(async (tx) => {
    const row = await tx
      .selectFrom("webhook_endpoint")
      .select("wrapped_secret")
      .where("id", "=", id)
      .forUpdate()
      .executeTakeFirst();
    if (!row) return false;
    await tx
      .updateTable("webhook_endpoint")
      .set(
        change.kind === "retry"
          ? { retry_ms: change.nowMs, disabled_ms: null, next_ms: null }
          : {
              wrapped_secret: buffer(change.wrappedSecret),
              wrapped_previous: buffer(row.wrapped_secret),
              previous_until_ms: change.previousUntilMs,
            },
      )
      .where("id", "=", id)
      .execute();
    return true;
  });
}

export function removeEndpoint(db: Database, id: string): Promise<boolean> {
  return db.write(async (tx) => {
    const row = await tx
      .selectFrom("webhook_endpoint")
      .select("no")
      .where("id", "=", id)
      .forUpdate()
      .executeTakeFirst();
    if (!row) return false;
    await tx.deleteFrom("webhook_position").where("endpoint_no", "=", row.no).execute();
    await tx.deleteFrom("webhook_endpoint").where("no", "=", row.no).execute();
    return true;
  });
}

/** By the database's own clock: it alone decides when a lease is over. */
export async function leaseEndpoint(
  { kysely, clockMs }: Database,
  no: number,
  owner: string,
  ttlMs: number,
): Promise<boolean> {
  const { numUpdatedRows } = await kysely
    .updateTable("webhook_endpoint")
    .set(({ eb, val }) => ({ lease_owner: owner, lease_until_ms: eb(clockMs, "+", val(ttlMs)) }))
    .where("no", "=", no)
    .where((eb) => eb.or([eb("lease_owner", "=", owner), eb("lease_until_ms", "<=", clockMs)]))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function releaseEndpoint(queries: Queries, no: number, owner: string): Promise<void> {
  await queries
    .updateTable("webhook_endpoint")
    .set({ lease_owner: null, lease_until_ms: 0 })
    .where("no", "=", no)
    .where("lease_owner", "=", owner)
    .execute();
}

const problemMaxBytes = 255;

/** What others' libraries say may be long; a character takes 4 bytes at most, the dots 3. */
function shortened(problem: string): string {
  if (Buffer.byteLength(problem) <= problemMaxBytes) return problem;
  return `${[...problem].slice(0, (problemMaxBytes - 3) / 4).join("")}…`;
}

export function noteDelivery(
  db: Database,
  no: number,
  owner: string,
  positions: EventPosition[],
  health: Health,
): Promise<boolean> {
  return db.write(async (tx) => {
    const row = await tx
      .selectFrom("webhook_endpoint")
      .select("lease_owner")
      .where("no", "=", no)
      .forUpdate()
      .executeTakeFirst();
    if (row?.lease_owner !== owner) return false;
    for (const position of positions) await putPosition(tx, no, position);
    await tx
      .updateTable("webhook_endpoint")
      .set({
        delivered_ms: health.deliveredMs ?? null,
        failures: health.failures,
        failing_ms: health.failingMs ?? null,
        next_ms: health.nextMs ?? null,
        problem: shortened(health.problem),
        disabled_ms: health.disabledMs ?? null,
      })
      .where("no", "=", no)
      .execute();
    return true;
  });
}
