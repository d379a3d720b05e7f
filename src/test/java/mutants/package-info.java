/**
 * Shows that the tests can fail. {@code src/test/mutants/<area>/<name>.patch} are faults, each of which breaks one guarantee in one place:
 * in SQL, a route, a schema, a setting, a manifest, the page or Java. {@code mvn verify -Pmutants} puts them into a copy of the worker, one
 * at a time, and runs the tests that have to fail then. {@code -Dmutants=outbox} runs those of one area, {@code -Dmutants=outbox/name} a
 * single one. A fault that the tests do not notice fails the build, and comes first in {@code target/mutants.md}.
 * <p>
 * A patch begins with a sentence that describes what a user of the worker would suffer, and a line {@code Tests:} with the names of test
 * classes, or {@code class#method}, separated by commas. Each of them has to fail. A blank line and a unified diff of one file follow.
 * To make one, put the fault in, run {@code git diff}, and take the fault out.
 */
package mutants;
