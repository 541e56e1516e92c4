import type { Role } from "../ledger/ledger.ts";
import type { CallerRole } from "./caller.ts";

/** What an API key can be made for. */
export const ROLES: readonly Role[] = ["manager", "issuer", "redeemer", "viewer"];

const managers: readonly CallerRole[] = ["manager"];
const issuers: readonly CallerRole[] = ["manager", "issuer"];
/** A user takes for itself alone (rpc/requester.ts). */
const takers: readonly CallerRole[] = [...issuers, "user"];
const redeemers: readonly CallerRole[] = ["manager", "redeemer"];
const readers: readonly CallerRole[] = ["manager", "issuer", "viewer"];
/** Of what is listed a user sees its own. */
const readersAndUsers: readonly CallerRole[] = [...readers, "user"];
const everyone: readonly CallerRole[] = [...ROLES, "user"];

/** Which roles may call what. Phone numbers are shown to those who register them, and to no viewer. */
const methods: Record<string, Record<string, readonly CallerRole[]>> = {
  "allot.v1.CampaignService": {
    CreateCampaign: managers,
    GetCampaign: readersAndUsers,
    ListCampaigns: readers,
    UpdateCampaign: managers,
    PauseCampaign: managers,
    ResumeCampaign: managers,
    EndCampaign: managers,
    DeleteCampaign: managers,
    // Each is a stream that stays open, which a crowd of users would be too many of.
    WatchCampaign: readers,
  },
  "allot.v1.CouponService": {
    IssueCoupon: takers,
    IssueCoupons: issuers,
    GetCoupon: everyone,
    ListCoupons: readersAndUsers,
    ReserveCoupon: redeemers,
    ConfirmCoupon: redeemers,
    ReleaseCoupon: redeemers,
    RedeemCoupon: redeemers,
    RevokeCoupon: managers,
  },
  "allot.v1.CodePoolService": {
    GenerateCodes: managers,
    ImportCodes: managers,
    AssignCode: takers,
    DeleteCode: managers,
    ListCodes: readers,
  },
  "allot.v1.DrawService": {
    Draw: takers,
    ListDraws: readersAndUsers,
  },
  "allot.v1.RaffleService": {
    ClaimTicket: takers,
    DrawWinners: managers,
    ListWinners: readersAndUsers,
    VerifyTicket: everyone,
  },
  "allot.v1.LotteryService": {
    SubmitBallot: takers,
    CloseRound: managers,
    GetRound: readersAndUsers,
    ListRounds: readers,
    ListBallots: readersAndUsers,
  },
  "allot.v1.ParticipantService": {
    RegisterParticipant: issuers,
    GetParticipant: issuers,
    ListParticipants: managers,
    BanParticipant: managers,
    UnbanParticipant: managers,
    EraseParticipant: managers,
  },
};

/** For load balancers and tools, which have no keys; they tell nothing about campaigns. */
const openServices = new Set([
  "grpc.health.v1.Health",
  "grpc.reflection.v1.ServerReflection",
  "grpc.reflection.v1alpha.ServerReflection",
]);

export function isOpen(service: string): boolean {
  return openServices.has(service);
}

/** Throws for a method that has no roles, so that none is open by omission. */
export function rolesFor(service: string, method: string): readonly CallerRole[] {
  const roles = methods[service]?.[method];
  if (roles === undefined) throw new Error(`${service}/${method} has no roles`);
  return roles;
}

/** Whether managers may call it and nobody else. */
export function isManagers(service: string, method: string): boolean {
  return rolesFor(service, method) === managers;
}
