package routelint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;

import ecommerce.inventory.support.RouteCoverage;
import org.junit.jupiter.api.Test;

/** The tests of the build run every node of every route. */
class RouteCoverageIT {

    @Test
    void everyNodeOfEveryRouteIsRunByATest() {
        String started = System.getProperty("build.started");
        assertThat(started).as("Only a build knows which tests have run in it: mvn verify").isNotNull();

        assertThat(CoverageCheck.check(Path.of(""), RouteCoverage.FOLDER, Instant.parse(started)))
            .as("nodes that no test of this build has run; if not all were meant to run, run all: mvn verify").isEmpty();
    }
}
