import { dateAt } from "../../campaign/day.ts";
import type { Config } from "../../config.ts";
import { BallotIds } from "../../draws/ballot-id.ts";
import { TicketCodes } from "../../draws/ticket-code.ts";
import { openEmbedded } from "../../engine/embedded.ts";
import type { Engine } from "../../engine/engine.ts";
import { openLent } from "../../engine/lent.ts";
import { Bans } from "../../flows/bans.ts";
import { MasterKeyChange } from "../../flows/master-key-change.ts";
import { RaffleDraws } from "../../flows/raffle-draws.ts";
import { Releases } from "../../flows/releases.ts";
import { Reveal } from "../../flows/reveal.ts";
import { RoundDraws } from "../../flows/round-draws.ts";
import { Rounds } from "../../flows/rounds.ts";
import type { Service } from "../../flows/service.ts";
import { TellTallies } from "../../flows/tell-tallies.ts";
import { Webhooks } from "../../flows/webhooks.ts";
import { CodeBook } from "../../issuing/code-book.ts";
import { Issuer } from "../../issuing/issuer.ts";
import { KnownCampaigns } from "../../issuing/known-campaigns.ts";
import { Registration } from "../../issuing/registration.ts";
import { Tallies } from "../../issuing/tallies.ts";
import { openSecrets, type Secrets } from "../../keys/secrets.ts";
import type { Logger } from "../../log.ts";
import type { Metrics } from "../../metrics.ts";
import { PhoneBook } from "../../participants/phone-book.ts";
import { CatchUp } from "../../redemption/catch-up.ts";
import { Redeemer } from "../../redemption/redeemer.ts";
import { Batcher } from "../../store/batcher.ts";
import type { OpenedLedger } from "../open-ledger.ts";

interface Opening {
  config: Config;
  opened: OpenedLedger;
  metrics: Metrics;
  log: Logger;
}

export type Parts = Awaited<ReturnType<typeof openParts>>;

/** All that the services work with, on a ledger that is open; and what goes on in the background. */
export async function openParts({ config, opened, metrics, log }: Opening) {
  const { ledger } = opened;
  const secrets = await openSecrets(ledger, opened.masterKey, config.masterKeyOld);
  const codes = new CodeBook(ledger, secrets);
  const campaigns = new KnownCampaigns(ledger, codes, secrets);
  const engine = await openEngine({ config, opened, metrics, log }, campaigns, secrets);
  const { store, effects, partitions, flush } = engine;
  const tallies = new Tallies();
  const batcher = new Batcher({
    store,
    queueMax: config.maxQueue,
    codes: (plan, serials) => campaigns.texts(plan, serials),
    onBatch: (size) => metrics.batchSize.observe(size),
  });
  const issuer = new Issuer({
    ...{ campaigns, codes, batcher, secrets, ledger, partitions, tallies },
    registration: new Registration(ledger),
    fill: engine.fill,
  });
  const roundDraws = new RoundDraws({ ledger, store, secrets, partitions, flush });
  const raffles = new RaffleDraws({ ledger, effects, secrets, log });
  const bans = new Bans({ ledger, store, partitions, log, clock: Date.now });
  const releases = new Releases({ ledger, store, effects, log });
  const catchUp = new CatchUp({ ledger, partitions, flush });
  const ballotIds = new BallotIds(secrets.ballotKey);
  const background: Service[] = [
    ...engine.services,
    new Webhooks({
      ...{ ledger, secrets, metrics, log },
      names: {
        texts: (campaign, serials) => campaigns.textsOf(campaign, serials),
        ballotId: ({ id, timeZone }, { userHash, timeMs, number }) =>
          ballotIds.of(id, userHash, dateAt(timeZone, timeMs), number),
      },
    }),
    new TellTallies({ ledger, tallies, log }),
    raffles,
    new Rounds({ ledger, store, draws: roundDraws, partitions, log }),
    new Reveal({ ledger, effects, log }),
    bans,
    releases,
    ...(config.masterKeyOld ? [new MasterKeyChange(secrets, log)] : []),
  ];
  return {
    ...{
      config,
      log,
      ledger,
      secrets,
      engine,
      codes,
      campaigns,
      issuer,
      raffles,
      roundDraws,
      bans,
      releases,
    },
    ...{ catchUp, ballotIds, background },
    redeemer: new Redeemer({ ledger, catchUp, queueMax: config.maxQueue }),
    ticketCodes: new TicketCodes(secrets.ticketKey),
    phones: new PhoneBook(secrets),
  };
}

async function openEngine(
  { config, opened, metrics, log }: Opening,
  campaigns: KnownCampaigns,
  { outboxKey }: Secrets,
): Promise<Engine> {
  if (opened.kind === "embedded") return openEmbedded(opened.database, opened.ledger, log);
  const { ledger, lending } = opened;
  return openLent({ config, ledger, lending, campaigns, outboxKey, metrics, log });
}
