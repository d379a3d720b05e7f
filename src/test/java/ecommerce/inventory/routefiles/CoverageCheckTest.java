package ecommerce.inventory.routefiles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is told of nodes that no route test has run. */
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
        counted("first", BUILD, "tried:1", "either:1", "first:1", "second:0");
        assertThat(findings()).extracting(Finding::toString).containsExactly(
            FILE + ":14: no route test runs otherwise 'other'",
            FILE + ":17: no route test runs log 'second'",
            FILE + ":18: no route test runs routeTemplate 'template'",
            FILE + ":20: no route test runs route",
            FILE + ":21: no route test runs from 'receive'",
            FILE + ":25: no route test runs log 'third'");

        counted("second", BUILD.plusSeconds(1), "of-template:1", "prefix-third:1", "second:1");
        assertThat(findings()).isEmpty();
    }

    @Test
    void aCountOfAnEarlierBuildIsNone() throws IOException {
        counted("first", BUILD.minusSeconds(1), "tried:1", "either:1", "first:1", "second:1", "third:1");

        assertThatThrownBy(this::findings).isInstanceOf(AssertionError.class)
            .hasMessageContaining("No route test has run in this build").hasMessageContaining("mvn verify");
    }

    @Test
    void withoutAnyCountNothingIsCovered() {
        assertThatThrownBy(this::findings).isInstanceOf(AssertionError.class).hasMessageContaining("mvn verify");
    }

    private List<Finding> findings() {
        return CoverageCheck.check(root, root.resolve("counts"), BUILD);
    }

    /** @param counts {@code id:times}, the first of a route */
    private void counted(String name, Instant time, String... counts) throws IOException {
        StringBuilder xml = new StringBuilder("<camelContextStat><routeStats>");
        for (int i = 0; i < counts.length; i++) {
            String[] count = counts[i].split(":");
            xml.append(i == 0 ? "<routeStat sourceLocation=\"classpath:routes/tried.camel.yaml:1\"" : "<processorStat")
                .append(" id=\"").append(count[0]).append("\" exchangesTotal=\"").append(count[1]).append(i == 0 ? "\">" : "\"/>");
        }
        Project.write(root, "counts/" + name + ".xml", xml.append("</routeStat></routeStats></camelContextStat>").toString());
        Files.setLastModifiedTime(root.resolve("counts/" + name + ".xml"), FileTime.from(time));
    }
}
