package ecommerce.inventory.routes;

import static org.assertj.core.api.Assertions.assertThat;

import ecommerce.inventory.support.RouteTest;
import org.apache.camel.CamelContext;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.AdviceWith;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.test.spring.junit5.UseAdviceWith;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.context.TestPropertySource;

/** {@code purge.camel.yaml}: the rounds of retention. */
@RouteTest
@UseAdviceWith
@TestPropertySource(properties = {
    "camel.main.routes-include-pattern=classpath:routes/purge.camel.yaml",
    "inventory.retention.inbox=P8D",
    "inventory.retention.outbox=P9D",
    "inventory.retention.batch-size=3"})
class PurgeRouteTest {

    @Autowired
    private CamelContext camel;
    @Autowired
    private ProducerTemplate sender;

    @BeforeEach
    void mockTheSql() throws Exception {
        if (!camel.isStarted()) {
            for (String table : new String[] {"inbox", "outbox"}) {
                AdviceWith.adviceWith(camel, "purge-" + table, route -> {
                    route.replaceFromWith("direct:clock-" + table);
                    route.mockEndpointsAndSkip("sql:*");
                });
            }
            camel.start();
        }
        MockEndpoint.resetMocks(camel);
    }

    @ParameterizedTest
    @ValueSource(strings = {"inbox", "outbox"})
    void roundsGoOnUntilNothingIsPastItsRetention(String table) throws Exception {
        MockEndpoint purge = purge(table);
        long[] answers = {3, 1, 0};
        for (int i = 0; i < answers.length; i++) {
            long count = answers[i];
            purge.whenExchangeReceived(i + 1, exchange -> exchange.getMessage().setBody(count));
        }
        purge.expectedMessageCount(3);
        purge.expectedVariableReceived("retention", table.equals("inbox") ? "P8D" : "P9D");
        purge.expectedVariableReceived("batchSize", 3);

        assertThat(sender.send("direct:clock-" + table, exchange -> { }).getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @ParameterizedTest
    @ValueSource(strings = {"inbox", "outbox"})
    void aFailureEndsTheRoundsUntilTheClockComesAgain(String table) throws Exception {
        MockEndpoint purge = purge(table);
        purge.whenAnyExchangeReceived(exchange -> {
            throw new IllegalStateException("database is away");
        });
        purge.expectedMessageCount(1);

        assertThat(sender.send("direct:clock-" + table, exchange -> { }).getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
    }

    private MockEndpoint purge(String table) {
        return camel.getEndpoint("mock:sql:classpath:sql/purge-" + table + ".sql", MockEndpoint.class);
    }
}
