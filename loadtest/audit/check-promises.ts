import { timestampMs } from "@bufbuild/protobuf/wkt";
import { type ViolationKind, violationKinds } from "../record/violation.ts";
import type { Case } from "./case.ts";
import { type Check, check, figure } from "./check.ts";

/** What each client may rely on: a code of its own, one outcome for one request, nothing out of time. */
export const checkPromises = (of: Case): Check[] => {
  const { rows, claims, naming, thing } = of;
  return [
    check(
      `no ${thing} twice`,
      `${figure(rows.length)} distinct in ${figure(rows.total)} rows; ` +
        `${figure(claims.shared.length)} acknowledged to more than one request`,
      [
        ...rows.repeated.map(({ key, userId }) => `${key} is in the ledger again, for ${userId}`),
        ...claims.shared.map(({ key, user }) => `${key} was also given to ${naming.userId(user)}`),
      ],
    ),
    checkOneRequest(of),
    check("nothing before the start or from the end on", onTimeDetail(of), outOfTime(of)),
  ];
};

/** All answers to one request agree, and each is the asker's. */
export const checkOneRequest = ({ claims, thing }: Case): Check => {
  const { counts, examples } = claims.violations;
  const kinds = Object.keys(counts) as ViolationKind[];
  return check(
    `one request, one ${thing}`,
    kinds.map((kind) => `${figure(counts[kind]!)} × ${violationKinds[kind]}`).join("; ") ||
      `every answer to a request that had its ${thing} repeated it`,
    kinds.flatMap((kind) => examples[kind]!.map((example) => `${kind}: ${example}`)),
  );
};

const iso = (ms: number): string => (Number.isNaN(ms) ? "never" : new Date(ms).toISOString());

const onTimeDetail = ({ after }: Case): string =>
  `from ${iso(timestampMs(after.startTime!))} to ${iso(timestampMs(after.endTime!))}`;

function* outOfTime({ after, rows, thing }: Case): Generator<string> {
  const startMs = timestampMs(after.startTime!);
  const endMs = timestampMs(after.endTime!);
  for (let at = 0; at < rows.length; at++) {
    const issuedMs = rows.issueTimeMsAt(at);
    if (!(issuedMs >= startMs && issuedMs < endMs))
      yield `a ${thing} of ${rows.userIdAt(at)} was issued at ${iso(issuedMs)}`;
  }
}
