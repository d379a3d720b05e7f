package routelint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.yaml.snakeyaml.nodes.Node;

/** The setting for each schedule, and that no run overlaps with the next. (Route tests replace the timers.) */
class ScheduleTest {

    /** Its runs only wake the relay, of which each process has one; they may overlap. */
    private static final String POLL = "outbox-poll";

    private final List<Clock> clocks = clocks(new RouteFiles(Path.of("")));

    /** The timer that starts a route. */
    private record Clock(String route, String uri, String cron, String stateful) {
    }

    private static List<Clock> clocks(RouteFiles files) {
        Templates templates = new Templates(files);
        return files.nodes("from").filter(from -> String.valueOf(YamlNodes.text(from.body(), "uri")).startsWith("quartz:"))
            .flatMap(from -> templates.of(from) == null ? Stream.of(clock(from, from.parent().id(), Map.of()))
                : templates.uses(templates.of(from)).map(use -> clock(from, use.routeId(), use.parameters()))).toList();
    }

    private static Clock clock(RouteNode from, String route, Map<String, String> ofTemplate) {
        Node parameters = YamlNodes.get(from.body(), "parameters");
        String[] texts = {YamlNodes.text(from.body(), "uri"), YamlNodes.text(parameters, "cron")};
        ofTemplate.forEach((name, value) -> Arrays.setAll(texts, i -> texts[i].replace("{{" + name + "}}", value)));
        return new Clock(route, texts[0], texts[1], YamlNodes.text(parameters, "stateful"));
    }

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
        assertThat(clocks).filteredOn(clock -> clock.route().equals(route)).singleElement()
            .satisfies(clock -> assertThat(clock.cron()).isEqualTo("{{inventory." + setting + "}}"));
    }

    @Test
    void noRunIsOvertakenByTheNextAndNoTwoRoutesShareATrigger() {
        assertThat(clocks).hasSizeGreaterThan(10).allSatisfy(clock -> {
            assertThat(clock.uri()).isEqualTo("quartz:" + clock.route());
            assertThat(clock.stateful()).as(clock.route()).isEqualTo(clock.route().equals(POLL) ? null : "true");
        });
    }
}
