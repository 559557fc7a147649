/** Says at the end which tests passed only when they were tried again, and how they failed first: each is a defect to mend. */
import type { Reporter, TestCase } from "vitest/node";

export class Retried implements Reporter {
  private readonly tests: TestCase[] = [];

  onTestCaseResult(test: TestCase) {
    if ((test.diagnostic()?.retryCount ?? 0) > 0 && test.ok()) this.tests.push(test);
  }

  onTestRunEnd() {
    for (const test of this.tests) {
      const errors = test.result().errors ?? [];
      const why = errors.map((error) => error.stack ?? error.message).join("\n");
      console.warn(`\nPassed only when tried again, which is a defect to mend: ${test.fullName}\n${why}`);
    }
  }
}
