/** What the command ends with. Where several apply, the first of this list does, 0 apart. `word` heads the report. */
export const exitCodes = {
  pass: { code: 0, word: "PASS", meaning: "the audit passed and every objective was kept" },
  failed: { code: 1, word: "FAIL", meaning: "the run could not be carried out" },
  usage: { code: 2, word: "FAIL", meaning: "the command line was wrong" },
  interrupted: {
    code: 130,
    word: "INTERRUPTED",
    meaning: "interrupted before the audit; the report is partial",
  },
  auditFailed: {
    code: 96,
    word: "FAIL",
    meaning: "the audit failed: something is missing, or was given out wrongly",
  },
  generatorBottleneck: {
    code: 97,
    word: "INVALID",
    meaning: "the load test itself was too slow: the figures are not the server's",
  },
  objectiveMissed: { code: 99, word: "FAIL", meaning: "an objective was missed" },
} as const;
