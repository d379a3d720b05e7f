package ecommerce.inventory.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;

import ecommerce.inventory.support.RouteTest;
import org.apache.camel.CamelContext;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.mock.MockEndpoint;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.test.context.TestPropertySource;

/** {@code batch-job.camel.yaml} and {@code purge.camel.yaml}: the rounds of retention. */
@RouteTest(routes = {"timers/batch-job", "timers/purge"}, mock = "sql:*")
@ExtendWith(OutputCaptureExtension.class)
@TestPropertySource(properties = {
    "inventory.retention.inbox=p8d",
    "inventory.retention.outbox=P9D",
    "inventory.retention.dead=P10D",
    "inventory.retention.batch-size= 0x3 "})
class PurgeRouteTest {

    @Autowired
    private CamelContext camel;
    @Autowired
    private ProducerTemplate sender;

    /** Spring Boot's test settings take precedence over this system property; plain Camel would use it. */
    @BeforeAll
    static void setAnotherBatchSize() {
        System.setProperty("inventory.retention.batch-size", "7");
    }

    @AfterAll
    static void clearIt() {
        System.clearProperty("inventory.retention.batch-size");
    }

    @ParameterizedTest
    @ValueSource(strings = {"inbox", "outbox", "dead-messages"})
    void roundsGoOnUntilNothingIsPastItsRetention(String table) throws Exception {
        MockEndpoint purge = purge(table);
        long[] answers = {3, 1, 0};
        for (int i = 0; i < answers.length; i++) {
            long count = answers[i];
            purge.whenExchangeReceived(i + 1, exchange -> exchange.getMessage().setBody(count));
        }
        purge.expectedMessageCount(3);
        purge.expectedVariableReceived("retention", Map.of("inbox", "691200.0", "outbox", "777600.0", "dead-messages", "864000.0").get(table));
        purge.expectedVariableReceived("batchSize", "3");

        assertThat(sender.send("direct:purge-" + table, exchange -> { }).getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @ParameterizedTest
    @ValueSource(strings = {"inbox", "outbox", "dead-messages"})
    void aFailureEndsTheRoundsUntilTheClockComesAgain(String table) throws Exception {
        MockEndpoint purge = purge(table);
        purge.whenAnyExchangeReceived(exchange -> {
            throw new IllegalStateException("database is unavailable");
        });
        purge.expectedMessageCount(1);

        assertThat(sender.send("direct:purge-" + table, exchange -> { }).getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void howManyDeadMessagesAreGoneIsLogged(CapturedOutput output) {
        MockEndpoint purge = purge("dead-messages");
        purge.whenAnyExchangeReceived(exchange -> exchange.getMessage().setBody(0L));
        purge.whenExchangeReceived(1, exchange -> exchange.getMessage().setBody(2L));

        sender.send("direct:purge-dead-messages", exchange -> { });

        assertThat(output.getAll().lines().filter(line -> line.contains("were deleted without effect"))).singleElement().asString()
            .contains("WARN", "2 messages that have been dead for PT240H (inventory.retention.dead) were deleted without effect");
    }

    private MockEndpoint purge(String table) {
        return camel.getEndpoint("mock:sql:classpath:routes/timers/purge-" + table + ".sql", MockEndpoint.class);
    }
}
