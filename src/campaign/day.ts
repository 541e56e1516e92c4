/** One day of a time zone: from its first instant to the next day's, 23 to 25 hours where summer time begins or ends. */
export interface Day {
  /** As in 2026-11-20. */
  date: string;
  startMs: number;
  endMs: number;
}

/** The day of `timeZone` (IANA) that an instant falls in. Days begin at the zone's start of day, which need not be 00:00. */
export function dayAt(timeZone: string, nowMs: number): Day {
  const start = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(timeZone).startOfDay();
  return between(start);
}

/** The day after. */
export function dayAfter(timeZone: string, day: Day): Day {
  return dayAt(timeZone, day.endMs);
}

function between(start: Temporal.ZonedDateTime): Day {
  return {
    date: start.toPlainDate().toString(),
    startMs: start.epochMilliseconds,
    endMs: start.add({ days: 1 }).startOfDay().epochMilliseconds,
  };
}

/** Whether this is a zone we can count days in. */
export function isTimeZone(timeZone: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(timeZone);
    // Offsets such as +09:00 are accepted by Temporal but know no summer time; a zone has a name.
    return !/^[+-]/.test(timeZone);
  } catch {
    return false;
  }
}
