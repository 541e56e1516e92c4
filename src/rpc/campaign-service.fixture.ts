import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Client, Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { onTestFinished } from "vitest";
import type { Campaign } from "../campaign/campaign.ts";
import type { CampaignEffects } from "../campaign/effects.ts";
import { planOf } from "../campaign/plan.ts";
import { statsOf } from "../campaign/stats.ts";
import { CampaignService } from "../gen/allot/v1/campaign_pb.js";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../gen/google/rpc/error_details_pb.js";
import { keyedHash } from "../keys/keyed-hash.ts";
import { openSecrets } from "../keys/secrets.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { sqliteLedger } from "../ledger/sqlite/ledger.ts";
import { openSqlite } from "../ledger/sqlite/open.ts";
import { createLogger } from "../log.ts";
import { EmbeddedStore } from "../store/embedded/embedded-store.ts";
import { type CampaignServiceDeps, createCampaignService } from "./campaign.ts";
import { faultInterceptor } from "./errors.ts";

export const HOUR_MS = 3_600_000;

/** CampaignService on a SQLite ledger of its own, with everything about it that a test may want to look at or change. */
export interface ServiceUnderTest {
  client: Client<typeof CampaignService>;
  ledger: Ledger;
  /** What reached the store, in order, as in "applied summer 2". */
  reached: string[];
  /** The server's clock, an hour after the store's unless it is moved. */
  clock: { nowMs: number };
  /** Another server on the same ledger. */
  client2(changes: Changes): Client<typeof CampaignService>;
  issue(campaignId: string, count: number): Promise<void>;
}

interface Changes {
  effects?: Partial<CampaignEffects>;
  ledger?: Partial<Ledger>;
}

export async function serviceUnderTest(): Promise<ServiceUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), "allot-campaigns-"));
  const database = openSqlite(folder);
  onTestFinished(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });
  const ledger = sqliteLedger(database);
  const secrets = await openSecrets(ledger, randomBytes(32));
  const store = new EmbeddedStore({
    db: database.db,
    exclusive: database.exclusive,
    nowMs: Date.now,
    onBrokenCommit(error) {
      throw error;
    },
  });
  const clock = { nowMs: Date.now() };
  const reached: string[] = [];
  const reach = (what: string, { id, revision }: Campaign) => reached.push(`${what} ${id} ${revision}`);
  const effects: CampaignEffects = {
    async applied(campaign) {
      reach("applied", campaign);
    },
    recalled: async () => {},
    prepare: (campaign) => reach("prepare", campaign),
    async stats(campaign) {
      const handedOut = await store.issued(0, campaign.no);
      return statsOf(campaign, await ledger.counts(campaign.no), [handedOut]);
    },
    over: async () => true,
    drained: async () => true,
    async forget(campaign) {
      reach("forget", campaign);
    },
  };
  const deps: CampaignServiceDeps = {
    ledger,
    campaigns: { invalidate: () => {} },
    effects,
    partitions: 4,
    secrets,
    clock: () => clock.nowMs,
  };
  return {
    client: clientOf(deps),
    ledger,
    reached,
    clock,
    client2: (changes) =>
      clientOf({
        ...deps,
        effects: { ...effects, ...changes.effects },
        ledger: { ...ledger, ...changes.ledger },
      }),
    async issue(campaignId, count) {
      const campaign = await ledger.campaign(campaignId);
      const takes = Array.from({ length: count }, (_, user) => ({
        keys: [],
        choices: Uint8Array.of(0),
        request: undefined,
        who: {
          userId: `user-${user}`,
          userHash: keyedHash(secrets.userHashKey, [`user-${user}`]),
          addressHash: undefined,
        },
      }));
      const outcomes = await store.take(0, [{ plan: planOf(campaign!), day: undefined, takes }]);
      const missed = outcomes.flat().filter((outcome) => outcome.kind !== "issued");
      if (missed.length > 0) throw new Error(`not all were issued: ${JSON.stringify(missed[0])}`);
    },
  };
}

function clientOf(deps: CampaignServiceDeps): Client<typeof CampaignService> {
  const log = createLogger("fatal");
  const transport = createRouterTransport(
    (router) => router.service(CampaignService, createCampaignService(deps)),
    { router: { interceptors: [faultInterceptor(log)] } },
  );
  return createClient(CampaignService, transport);
}

/** A campaign that is running by the clock of a test that begins now. */
export function running(id: string, quota = 10) {
  return {
    id,
    startTime: timestampFromMs(Date.now() - HOUR_MS),
    endTime: timestampFromMs(Date.now() + HOUR_MS),
    prizes: [{ quota }],
  };
}

/** What a caller learns from an error. */
export interface Failure {
  code: string;
  reason: string | undefined;
  fields: Record<string, string>;
  metadata: Record<string, string>;
  retries: boolean;
}

export async function failureOf(call: Promise<unknown>): Promise<Failure> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ConnectError)) throw new Error(`not refused: ${error}`);
  const [info] = error.findDetails(ErrorInfoSchema);
  const [bad] = error.findDetails(BadRequestSchema);
  const violations = bad?.fieldViolations ?? [];
  return {
    code: Code[error.code],
    reason: info?.reason,
    fields: Object.fromEntries(violations.map(({ field, description }) => [field, description])),
    metadata: info?.metadata ?? {},
    retries: error.findDetails(RetryInfoSchema).length > 0,
  };
}
