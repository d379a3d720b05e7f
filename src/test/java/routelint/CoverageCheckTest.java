package routelint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The findings for nodes that no test has run. */
class CoverageCheckTest {

    private static final String FILE = "src/main/resources/routes/tried.camel.yaml";
    private static final Instant BUILD = Instant.parse("2026-11-24T12:00:00Z");

    @TempDir
    private Path root;

    @BeforeEach
    void aRouteWithBranchesAndATemplate() {
        Project.write(root, FILE, """
            - route:
                id: tried
                from:
                  id: clock
                  uri: timer:x
                  steps:
                    - choice:
                        id: either
                        when:
                          - id: one
                            simple: ${body} == 1
                            steps:
                              - log: {id: first, message: x}
                        otherwise:
                          id: other
                          steps:
                            - log: {id: second, message: x}
            - routeTemplate:
                id: template
                route:
                  from:
                    id: receive
                    uri: timer:y
                    steps:
                      - log: {id: third, message: x}
            - rest:
                id: api
            """);
    }

    @Test
    void eachNodeThatWasNotRunIsTold() throws IOException {
        run("FirstTest", BUILD, 7, 13);
        assertThat(findings()).extracting(Finding::toString).containsExactly(
            FILE + ":14: no test runs otherwise 'other'",
            FILE + ":17: no test runs log 'second'",
            FILE + ":18: no test runs routeTemplate 'template'",
            FILE + ":20: no test runs route",
            FILE + ":21: no test runs from 'receive'",
            FILE + ":25: no test runs log 'third'");

        run("SecondTest", BUILD.plusSeconds(1), 17, 25);
        assertThat(findings()).isEmpty();
    }

    @Test
    void whatAnEarlierBuildHasRunDoesNotCount() throws IOException {
        run("FirstTest", BUILD.minusSeconds(1), 7, 13, 17, 25);

        assertThatThrownBy(this::findings).isInstanceOf(AssertionError.class)
            .hasMessageContaining("No route test has run in this build").hasMessageContaining("mvn verify");
    }

    @Test
    void withoutAnyRouteTestNothingIsCovered() {
        assertThatThrownBy(this::findings).isInstanceOf(AssertionError.class).hasMessageContaining("mvn verify");
    }

    private List<Finding> findings() {
        return CoverageCheck.check(root, root.resolve("run"), BUILD);
    }

    private void run(String test, Instant time, int... lines) throws IOException {
        Project.write(root, "run/" + test + ".txt",
            Arrays.stream(lines).mapToObj(line -> "tried.camel.yaml:" + line + "\n").collect(Collectors.joining()));
        Files.setLastModifiedTime(root.resolve("run/" + test + ".txt"), FileTime.from(time));
    }
}
