import type { Mechanic } from "../mechanic/mechanic.ts";
import type { Answer } from "../record/answer.ts";
import type { Random } from "./random.ts";

/** One request on its way out. `request` is its number in the worker's journal: equal numbers share a request id. */
export interface Send {
  user: number;
  request: number;
  /** What it was begun about; absent: nothing in particular. */
  detail?: number;
  /** Hang up so many milliseconds after sending; absent: wait for the answer. */
  hangUpAfterMs?: number;
}

/** Decides who asks next, and for what. One for each worker. */
export interface Workload {
  next(nowMs: number): Send;
  /** Something that was sent came to an end, by an answer or without one. */
  ended?(send: Send, nowMs: number, answer: Answer): void;
  /** Requests that this workload means to send again and has not yet: they are sent once more when the load is over. */
  leftover?(): number[];
}

/** What a workload has to work with: one worker's part of a run. */
export interface Part {
  worker: number;
  workers: number;
  /** Users are the numbers 0 … users − 1. */
  users: number;
  random: Random;
  /** How many things were laid out for the load, where the mechanic has some. */
  goods: number;
  /** Begins a request by this user under a new request id; returns its number. */
  begin(user: number, detail?: number): number;
}

export interface Limits {
  perUser: number;
  perUserPerDay: number;
  perAddress: number;
}

/** A way a crowd behaves, and the campaign that it is let loose on. */
export interface Scenario {
  summary: string;
  mechanic: Mechanic;
  /** Defaults for a run of so many sends. */
  users(sends: number): number;
  quota(sends: number): number;
  limits: Limits;
  /** Time between the creation of the campaign and its start. */
  startDelayMs: number;
  /** When the request at this share (0 to 1) of all requests is due, in milliseconds from the start of the load. */
  dueMs(share: number, durationMs: number): number;
  /** How many neighbours in a worker's schedule are due at the same instant. */
  together: number;
  /** The network address that a user comes from; absent: the load test's own. */
  addressOf?(user: number): string;
  workload(part: Part): Workload;
}

export const noLimits: Limits = { perUser: 0, perUserPerDay: 0, perAddress: 0 };

export const evenly = (share: number, durationMs: number): number => share * durationMs;
