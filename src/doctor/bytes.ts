const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];

/** A size for people: `1.5 GiB`. */
export function showBytes(sizeBytes: number): string {
  const step = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, sizeBytes)) / 10));
  const scaled = sizeBytes / 1024 ** step;
  return `${step === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${units[step]}`;
}
