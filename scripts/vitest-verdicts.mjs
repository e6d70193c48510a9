// A reporter for vitest that writes down, for the summary of `npm test`, which tests failed and which passed only when
// they were tried again: the summary is what is left of a long log.

import { appendFileSync } from "node:fs";

/** Where the lines go, one a test; set by `npm test`. */
const file = process.env.SEXTANT_TEST_VERDICTS;

/** The first line of what is wrong. */
const reason = (errors) => errors?.[0]?.message.split("\n", 1)[0] ?? "";

export default class Verdicts {
  onTestCaseResult(test) {
    if (file === undefined) return;
    const { state, errors } = test.result();
    const name = `${test.module.relativeModuleId} > ${test.fullName}`;
    if (state === "failed") appendFileSync(file, `FAILED ${name}: ${reason(errors)}\n`);
    else if (test.diagnostic()?.flaky) appendFileSync(file, `at the second try ${name}: ${reason(errors)}\n`);
  }

  /** A file that does not load, or a hook of a file that fails, is no test's. */
  onTestModuleEnd(module) {
    if (file === undefined) return;
    for (const { message } of module.errors()) appendFileSync(file, `FAILED ${module.relativeModuleId}: ${message.split("\n", 1)[0]}\n`);
  }
}
