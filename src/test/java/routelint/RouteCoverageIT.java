package routelint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;

import ecommerce.inventory.support.RouteCoverage;
import org.junit.jupiter.api.Test;

/** The route tests of the build run every node of every route. */
class RouteCoverageIT {

    @Test
    void everyNodeOfEveryRouteIsRunByATest() {
        String started = System.getProperty("build.started");
        assertThat(started).as("only a whole build can check the coverage: mvn verify").isNotNull();

        assertThat(CoverageCheck.check(Path.of(""), RouteCoverage.FOLDER, Instant.parse(started)))
            .as("nodes that no test of this build has run; mvn verify runs all tests").isEmpty();
    }
}
