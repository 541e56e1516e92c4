import type { RoundLedger } from "../../rounds.ts";
import type { Database } from "../database.ts";
import { ballots, roundWinners, winningBallots } from "./ballots.ts";
import {
  addRounds,
  drawRound,
  isOver,
  leaseRound,
  markRound,
  releaseRound,
  roundWaits,
  sealRound,
} from "./close.ts";
import {
  lastRound,
  lotteriesWithoutRound,
  markBefore,
  round,
  rounds,
  roundsToClose,
  sealedUntil,
} from "./find.ts";

export function sqlRounds(db: Database): RoundLedger {
  const { kysely } = db;
  return {
    addRounds: (campaignNo, days, fromMark) => addRounds(db, campaignNo, days, fromMark),
    round: (campaignNo, date) => round(kysely, campaignNo, date),
    lastRound: (campaignNo) => lastRound(kysely, campaignNo),
    rounds: (campaignNo, filter, beforeDate, limit) => rounds(kysely, campaignNo, filter, beforeDate, limit),
    lotteriesWithoutRound: (nowMs, untilMs, limit) => lotteriesWithoutRound(db, nowMs, untilMs, limit),
    roundsToClose: (nowMs, limit) => roundsToClose(kysely, nowMs, limit),
    leaseRound: (campaignNo, date, owner, ttlMs) => leaseRound(db, campaignNo, date, owner, ttlMs),
    releaseRound: (campaignNo, date, owner) => releaseRound(db, campaignNo, date, owner),
    sealRound: (campaignNo, date) => sealRound(db, campaignNo, date),
    markRound: (campaignNo, date, mark) => markRound(db, campaignNo, date, mark),
    roundWaits: (campaignNo, date) => roundWaits(db, campaignNo, date),
    markBefore: (campaignNo, date) => markBefore(kysely, campaignNo, date),
    ballots: (campaignNo, upTo, after, limit) => ballots(kysely, campaignNo, upTo, after, limit),
    drawRound: (campaignNo, date, draw, winners, mutation) =>
      drawRound(db, campaignNo, date, draw, winners, mutation),
    roundWinners: (campaignNo, date, userHashes) => roundWinners(kysely, campaignNo, date, userHashes),
    winningBallots: (campaignNo, dates) => winningBallots(kysely, campaignNo, dates),
    sealedUntil: (campaignNo) => sealedUntil(kysely, campaignNo),
    isLotteryOver: (campaignNo, nowMs) => isOver(kysely, campaignNo, nowMs),
  };
}
