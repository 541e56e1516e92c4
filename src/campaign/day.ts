/** One day of a time zone: from its first instant to the next day's, 23 to 25 hours where summer time begins or ends. */
export interface Day {
  /** As in 2026-11-20. */
  date: string;
  startMs: number;
  endMs: number;
}

/**
 * The day of `timeZone` (IANA) that an instant falls in. Days begin at the zone's start of day, which need not be 00:00, and leave no
 * gap: where clocks that just passed midnight are set back before it, the new day has begun and goes on.
 */
export function dayAt(timeZone: string, nowMs: number): Day {
  const now = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(timeZone);
  const day = beginningAt(now.startOfDay());
  return nowMs < day.endMs ? day : dayAfter(timeZone, day);
}

/** The day of a date such as 2026-11-20; undefined where there is none: it is no date, or one that the zone skipped. */
export function dayOf(timeZone: string, date: string): Day | undefined {
  if (!isDate(date)) return undefined;
  const noon = Temporal.PlainDate.from(date).toZonedDateTime({ timeZone, plainTime: "12:00" });
  const day = dayAt(timeZone, noon.epochMilliseconds);
  return day.date === date ? day : undefined;
}

/** Whether this is a date of the calendar, written as in 2026-11-20. */
export function isDate(text: string): boolean {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text)) return false;
  try {
    Temporal.PlainDate.from(text);
    return true;
  } catch {
    return false;
  }
}

/** The day after. */
export function dayAfter(timeZone: string, day: Day): Day {
  return beginningAt(Temporal.Instant.fromEpochMilliseconds(day.endMs).toZonedDateTimeISO(timeZone));
}

function beginningAt(start: Temporal.ZonedDateTime): Day {
  return {
    date: start.toPlainDate().toString(),
    startMs: start.epochMilliseconds,
    endMs: start.add({ days: 1 }).startOfDay().epochMilliseconds,
  };
}

/** Whether this is the name of a zone we can count days in. */
export function isTimeZone(timeZone: string): boolean {
  try {
    const { timeZoneId } = Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(timeZone);
    // Temporal also takes offsets such as +09:00, which know no summer time, and whole date strings that end in a zone.
    return /^[A-Z]/i.test(timeZone) && timeZoneId.toLowerCase() === timeZone.toLowerCase();
  } catch {
    return false;
  }
}

let latest: (Day & { timeZone: string }) | undefined;

/** The date alone. Cheap for instants of one day after the other, as answers have them. */
export function dateAt(timeZone: string, ms: number): string {
  if (latest?.timeZone !== timeZone || ms < latest.startMs || ms >= latest.endMs) {
    latest = { timeZone, ...dayAt(timeZone, ms) };
  }
  return latest.date;
}
