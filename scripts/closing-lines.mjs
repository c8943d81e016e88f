/** A vitest reporter that closes the run: each skipped test with its reason, then the totals alone on a line. */

export default class ClosingLines {
  onTestRunEnd(modules, unhandledErrors) {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const skipped = tests.filter((test) => test.result().state === 'skipped');
    for (const test of skipped)
      console.log(`skipped: ${test.module.relativeModuleId} > ${test.fullName}: ${reason(test)}`);
    const passed = tests.filter((test) => test.result().state === 'passed').length;
    // A file that does not load and an error outside of all tests have no test of their own, and are failures all the same.
    const brokenFiles = modules.filter((module) => module.errors().length > 0).length;
    const brokenSuites = modules
      .flatMap((module) => [...module.children.allSuites()])
      .filter((suite) => suite.errors().length > 0).length;
    const failedTests = tests.filter((test) => test.result().state === 'failed').length;
    const failed = failedTests + brokenFiles + brokenSuites + unhandledErrors.length;
    console.log(`\n${passed} passed, ${failed} failed, ${skipped.length} skipped\n`);
  }
}

/** The note that a test gave with `context.skip(note)`, or how it was left out. */
function reason(test) {
  const { note } = test.result();
  if (note !== undefined) return note;
  return test.options.mode === 'todo' ? 'not written yet' : 'no reason given (use context.skip with a note)';
}
