import cluster from "node:cluster";
import type { DescMethod } from "@bufbuild/protobuf";
import { openAccess } from "../auth/open-access.ts";
import { dateAt } from "../campaign/day.ts";
import type { Config } from "../config.ts";
import { BallotIds } from "../draws/ballot-id.ts";
import { TicketCodes } from "../draws/ticket-code.ts";
import { openEmbedded } from "../engine/embedded.ts";
import { openLent } from "../engine/lent.ts";
import { Bans } from "../flows/bans.ts";
import { MasterKeyChange } from "../flows/master-key-change.ts";
import { RaffleDraws } from "../flows/raffle-draws.ts";
import { Releases } from "../flows/releases.ts";
import { Reveal } from "../flows/reveal.ts";
import { RoundDraws } from "../flows/round-draws.ts";
import { Rounds } from "../flows/rounds.ts";
import { runAll } from "../flows/service.ts";
import { TellTallies } from "../flows/tell-tallies.ts";
import { Webhooks } from "../flows/webhooks.ts";
import { CampaignService } from "../gen/allot/v1/campaign_pb.js";
import { CodePoolService } from "../gen/allot/v1/code_pool_pb.js";
import { CouponService } from "../gen/allot/v1/coupon_pb.js";
import { DrawService } from "../gen/allot/v1/draw_pb.js";
import { LotteryService } from "../gen/allot/v1/lottery_pb.js";
import { ParticipantService } from "../gen/allot/v1/participant_pb.js";
import { RaffleService } from "../gen/allot/v1/raffle_pb.js";
import { CodeBook } from "../issuing/code-book.ts";
import { Issuer } from "../issuing/issuer.ts";
import { KnownCampaigns } from "../issuing/known-campaigns.ts";
import { Registration } from "../issuing/registration.ts";
import { Tallies } from "../issuing/tallies.ts";
import { openSecrets } from "../keys/secrets.ts";
import type { Logger } from "../log.ts";
import { createMetrics } from "../metrics.ts";
import { PhoneBook } from "../participants/phone-book.ts";
import { CatchUp } from "../redemption/catch-up.ts";
import { Redeemer } from "../redemption/redeemer.ts";
import { Audit } from "../rpc/audit.ts";
import { authGate } from "../rpc/authorize.ts";
import { createCampaignService } from "../rpc/campaign.ts";
import { createCodePoolService } from "../rpc/code-pool.ts";
import { createCouponService } from "../rpc/coupon.ts";
import { createDrawService } from "../rpc/draw.ts";
import { healthRoutes } from "../rpc/health.ts";
import { issueCouponCodec } from "../rpc/issue-coupon-codec.ts";
import { issueCouponsCodec } from "../rpc/issue-coupons-codec.ts";
import { createLotteryService } from "../rpc/lottery.ts";
import { managerNetworkGate } from "../rpc/manager-networks.ts";
import { createParticipantService } from "../rpc/participant.ts";
import { createRaffleService } from "../rpc/raffle.ts";
import { rateGate } from "../rpc/rate-gate.ts";
import { reflectionRoutes } from "../rpc/reflection.ts";
import { WrongGuesses } from "../rpc/wrong-guesses.ts";
import type { Codec } from "../server/fast-lane/codec.ts";
import { createReadiness, untilReady } from "../server/readiness.ts";
import { createServer } from "../server/server.ts";
import { welcome } from "../server/welcome.ts";
import { becomeWorker } from "../server/worker.ts";
import { runWorkers } from "../server/workers.ts";
import { Batcher } from "../store/batcher.ts";
import { openLedger } from "./open-ledger.ts";
import { signalled } from "./signalled.ts";

/** How long one of several workers waits until it can issue before it takes connections: its neighbours may be ready by then. */
const workerReadyMs = 5_000;
/** How long a stopping server waits for what is in flight. */
const stopMs = 15_000;
const readinessMs = 250;

/** Serves until SIGTERM or SIGINT: opens ledger, store and port in this order, and closes them in reverse. */
export async function serve(config: Config, log: Logger, workers: number): Promise<void> {
  if (workers > 1 && cluster.isPrimary) {
    await runWorkers({ count: workers, host: config.host, port: config.port, log });
    return;
  }
  const stop = signalled();
  const metrics = createMetrics();
  // Early: from here on a worker notices when the primary is gone.
  const scrape = cluster.isWorker ? becomeWorker(metrics) : undefined;
  const opened = await openLedger(config, log, stop);
  if (opened === undefined) return;
  const { ledger } = opened;
  const secrets = await openSecrets(ledger, opened.masterKey, config.masterKeyOld);
  const codes = new CodeBook(ledger, secrets);
  const campaigns = new KnownCampaigns(ledger, codes, secrets);
  const engine =
    opened.kind === "lent"
      ? await openLent({
          config,
          ledger,
          lending: opened.lending,
          campaigns,
          outboxKey: secrets.outboxKey,
          metrics,
          log,
        })
      : openEmbedded(opened.database, opened.ledger, log);
  const { store, effects, partitions } = engine;
  const batcher = new Batcher({
    store,
    queueMax: config.maxQueue,
    codes: (plan, serials) => campaigns.texts(plan, serials),
    onBatch: (size) => metrics.batchSize.observe(size),
  });
  const tallies = new Tallies();
  const issuer = new Issuer({
    campaigns,
    codes,
    batcher,
    secrets,
    ledger,
    partitions,
    registration: new Registration(ledger),
    tallies,
    fill: engine.fill,
  });
  const ballotIds = new BallotIds(secrets.ballotKey);
  const guesses = new WrongGuesses(config.wrongCodesPerMinute);
  const raffles = new RaffleDraws({ ledger, effects, secrets, log });
  const roundDraws = new RoundDraws({ ledger, store, secrets, partitions, flush: engine.flush });
  const rounds = new Rounds({ ledger, store, draws: roundDraws, partitions, log });
  const bans = new Bans({ ledger, store, partitions, log, clock: Date.now });
  const phones = new PhoneBook(secrets);
  const catchUp = new CatchUp({ ledger, partitions, flush: engine.flush });
  const redeemer = new Redeemer({ ledger, catchUp, queueMax: config.maxQueue });
  const releases = new Releases({ ledger, store, effects, log });
  const { access, services: credentials } = openAccess(ledger, config, log);
  const audit = new Audit({ ledger, secrets, log, clock: Date.now });
  const readiness = createReadiness();
  const services = [
    CampaignService,
    CouponService,
    DrawService,
    RaffleService,
    LotteryService,
    CodePoolService,
    ParticipantService,
  ];
  const server = createServer({
    config,
    readiness,
    metrics,
    log,
    gates: [
      rateGate(authGate(access), config),
      ...(config.managerNetworks ? [managerNetworkGate(config.managerNetworks, audit)] : []),
    ],
    codecs: new Map<DescMethod, Codec>([
      [CouponService.method.issueCoupon, issueCouponCodec],
      [CouponService.method.issueCoupons, issueCouponsCodec],
    ]),
    batches: new Set([CouponService.method.issueCoupons, CodePoolService.method.importCodes]),
    reusePort: cluster.isWorker,
    ...(scrape && { scrape }),
    routes(unaudited) {
      const router = audit.router(unaudited);
      const clock = Date.now;
      router.service(
        CampaignService,
        createCampaignService({ ledger, campaigns, effects, partitions, secrets, clock }),
      );
      router.service(
        CouponService,
        createCouponService({
          ...{ campaigns, codes, issuer, ledger, secrets, log },
          ...{ redeemer, catchUp, releases, guesses },
        }),
      );
      router.service(DrawService, createDrawService({ campaigns, codes, issuer, ledger, secrets }));
      router.service(
        RaffleService,
        createRaffleService({
          campaigns,
          issuer,
          ledger,
          secrets,
          raffles,
          guesses,
          codes: new TicketCodes(secrets.ticketKey),
          flush: engine.flush,
        }),
      );
      router.service(
        LotteryService,
        createLotteryService({
          ...{ campaigns, issuer, ledger, secrets, clock },
          rounds: roundDraws,
          ballotIds,
        }),
      );
      router.service(
        CodePoolService,
        createCodePoolService({
          campaigns,
          codes,
          issuer,
          ledger,
          effects,
          secrets,
          flush: engine.flush,
          clock,
        }),
      );
      router.service(
        ParticipantService,
        createParticipantService({ ledger, phones, secrets, bans, flush: engine.flush, clock }),
      );
      healthRoutes(services, readiness)(router);
      reflectionRoutes(services)(router);
    },
  });

  const webhooks = new Webhooks({
    ledger,
    secrets,
    names: {
      texts: (campaign, serials) => campaigns.textsOf(campaign, serials),
      ballotId: ({ id, timeZone }, { userHash, timeMs, number }) =>
        ballotIds.of(id, userHash, dateAt(timeZone, timeMs), number),
    },
    metrics,
    log,
  });
  const draws = [raffles, rounds, new Reveal({ ledger, effects, log })];
  const telling = [webhooks, new TellTallies({ ledger, tallies, log })];
  const keys = [...credentials, ...(config.masterKeyOld ? [new MasterKeyChange(secrets, log)] : [])];
  const background = runAll([...engine.services, ...telling, ...draws, bans, releases, ...keys], log);
  const follow = setInterval(() => {
    const [trouble] = engine.troubles();
    if (trouble === undefined) readiness.clear("engine");
    else readiness.block("engine", trouble);
  }, readinessMs);
  readiness.block("engine", "starting");
  if (cluster.isWorker) await untilReady(readiness, workerReadyMs);
  const { url } = await server.listen();
  log.info({ url, mode: opened.kind === "lent" ? "redis and mysql" : "embedded" }, "serving");
  if (process.stdout.isTTY || opened.kind === "embedded") process.stdout.write(`\n${welcome(url)}\n`);

  await stop.promise;
  log.info("stopping: finishing what is in flight");
  await server.stop(stopMs);
  clearInterval(follow);
  await background.stop();
  await engine.close();
  await ledger.close();
  log.info("stopped");
}
