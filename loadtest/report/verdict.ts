import { exitCodes } from "../cli/exit-codes.ts";
import type { Report } from "./report.ts";

/**
 * Decides what the run ends with. A failed audit outranks everything, since it is about coupons and not about speed; a load test that
 * was the bottleneck outranks a missed objective, since then the figures are not the server's.
 */
export const decide = (report: Omit<Report, "verdict">): Report["verdict"] => {
  const { code, word, meaning } = outcome(report);
  return { exitCode: code, passed: code === exitCodes.pass.code, word, meaning };
};

const outcome = ({ audit, generator, objectives }: Omit<Report, "verdict">) => {
  if (!audit) return exitCodes.interrupted;
  if (!audit.passed) return exitCodes.auditFailed;
  if (generator.bottleneck) return exitCodes.generatorBottleneck;
  return objectives.every(({ met }) => met) ? exitCodes.pass : exitCodes.objectiveMissed;
};
