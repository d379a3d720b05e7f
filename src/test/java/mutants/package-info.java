/**
 * Shows that the tests can fail. {@code src/test/mutants/<area>/<name>.patch} are faults, each of which breaks one promise in one place: in
 * SQL, a route, a schema, a setting, a manifest, the page or Java. {@code mvn verify -Pmutants} puts them in, one at a time into a copy of
 * the worker, and runs the tests that have to fail then; {@code -Dmutants=outbox} takes those of one area, {@code -Dmutants=outbox/name}
 * one. What the tests do not notice is a survivor: it fails the build, and comes first in {@code target/mutants.md}.
 * <p>
 * A patch begins with a sentence that says what a user of the worker would suffer, and a line {@code Tests:} with the names of test
 * classes, or {@code class#method}, separated by commas. Each of them has to fail. A blank line and a unified diff of one file follow.
 * How to make one: put the fault in, {@code git diff}, and take it out.
 */
package mutants;
