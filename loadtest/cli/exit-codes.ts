/** What the command ends with. Where several apply, the first of this list does, 0 apart. */
export const exitCodes = {
  pass: { code: 0, meaning: "the audit passed and every objective was kept" },
  failed: { code: 1, meaning: "the run could not be carried out" },
  usage: { code: 2, meaning: "the command line was wrong" },
  interrupted: { code: 130, meaning: "interrupted before the audit; the report is partial" },
  auditFailed: { code: 96, meaning: "the audit failed: coupons are missing, or were given out wrongly" },
  generatorBottleneck: {
    code: 97,
    meaning: "the load test itself was too slow: the figures are not the server's",
  },
  objectiveMissed: { code: 99, meaning: "an objective was missed" },
} as const;
