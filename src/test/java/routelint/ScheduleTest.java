package routelint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.yaml.snakeyaml.nodes.Node;

/** Which setting says when a route starts, and that no run is overtaken by the next. (Tests of routes have no clock.) */
class ScheduleTest {

    /** Its runs do nothing but wake the relay, which is one in each process. */
    private static final String POLL = "outbox-poll";

    private final List<RouteNode> clocks = new RouteFiles(Path.of("")).nodes("from")
        .filter(from -> String.valueOf(YamlNodes.text(from.body(), "uri")).startsWith("quartz:")).toList();

    @ParameterizedTest
    @CsvSource({
        "check-invariants, reconciliation.schedule",
        "expire-reservations, reservation.expiry-schedule",
        "inbox-retry, inbox.retry-schedule",
        "inventory-summary, summary.schedule",
        "measure, metrics.schedule",
        "outbox-poll, outbox.schedule",
        "purge-dead-messages, retention.schedule",
        "purge-inbox, retention.schedule",
        "purge-outbox, retention.schedule",
        "stock-stream, stream.schedule",
        "watch-receivers, receivers.watch-schedule"})
    void aRouteHasTheScheduleOfItsSetting(String route, String setting) {
        assertThat(clocks).filteredOn(clock -> clock.parent().id().equals(route)).singleElement()
            .satisfies(clock -> assertThat(parameter(clock, "cron")).isEqualTo("{{inventory." + setting + "}}"));
    }

    @Test
    void noRunIsOvertakenByTheNextAndNoTwoRoutesShareATrigger() {
        assertThat(clocks).hasSizeGreaterThan(10).allSatisfy(clock -> {
            String route = clock.parent().id();
            assertThat(YamlNodes.text(clock.body(), "uri")).isEqualTo("quartz:" + route);
            assertThat(parameter(clock, "cron")).as(route).matches("\\{\\{inventory\\.[a-z.-]+schedule}}");
            assertThat(Map.of(route, String.valueOf(parameter(clock, "stateful")))).isEqualTo(Map.of(route, route.equals(POLL) ? "null" : "true"));
        });
    }

    private static String parameter(RouteNode clock, String name) {
        Node parameters = YamlNodes.get(clock.body(), "parameters");
        return YamlNodes.text(parameters, name);
    }
}
