/** Names the calendar day of an instant in a time zone. Rows mostly share a minute, so minutes are remembered. */
export const days = (timeZone: string): ((ms: number) => string) => {
  const known = new Map<number, string>();
  return (ms) => {
    if (Number.isNaN(ms)) return "no day";
    const minute = Math.floor(ms / 60_000);
    let day = known.get(minute);
    if (day === undefined) {
      const instant = Temporal.Instant.fromEpochMilliseconds(minute * 60_000);
      day = instant
        .toZonedDateTimeISO(timeZone || "UTC")
        .toPlainDate()
        .toString();
      known.set(minute, day);
    }
    return day;
  };
};
