package ecommerce.inventory.routes;

import static org.assertj.core.api.Assertions.assertThat;

import ecommerce.inventory.support.RouteTest;
import org.apache.camel.CamelContext;
import org.apache.camel.EndpointInject;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.mock.MockEndpoint;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.context.TestPropertySource;

/** {@code inventory-summary.camel.yaml} and {@code rebuild-summary.camel.yaml}: when the read model is folded and rebuilt. */
@RouteTest(routes = {"timers/batch-job", "outbox/inventory-summary", "operator/rebuild-summary"}, mock = "sql:*")
@TestPropertySource(properties = "inventory.summary.batch-size=3")
class InventorySummaryRouteTest {

    @Autowired
    private CamelContext camel;
    @Autowired
    private ProducerTemplate sender;
    @EndpointInject("mock:sql:classpath:routes/outbox/fold-summary.sql")
    private MockEndpoint fold;
    @EndpointInject("mock:sql:classpath:routes/outbox/lock-summary.sql")
    private MockEndpoint lock;
    @EndpointInject("mock:sql:classpath:routes/operator/rebuild-summary.sql")
    private MockEndpoint rebuild;

    @Test
    void theFoldGoesOnUntilNothingWaits() throws Exception {
        foldAnswers(3, 1, 0);
        fold.expectedMessageCount(3);
        fold.expectedVariableReceived("batchSize", 3);

        assertThat(sender.send("direct:inventory-summary", exchange -> { }).getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void aFailureEndsTheFoldUntilTheClockComesAgain() throws Exception {
        fold.whenAnyExchangeReceived(exchange -> {
            throw new IllegalStateException("database is unavailable");
        });
        fold.expectedMessageCount(1);

        assertThat(sender.send("direct:inventory-summary", exchange -> { }).getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void aRebuildLocksAndFillsTheTableAndAnswersTheNumberOfProducts() throws Exception {
        StringBuilder steps = new StringBuilder();
        lock.whenAnyExchangeReceived(exchange -> steps.append("lock "));
        rebuild.whenAnyExchangeReceived(exchange -> {
            steps.append("rebuild");
            exchange.getMessage().setBody(7L);
        });

        assertThat(sender.requestBody("direct:rebuild-summary", null, Long.class)).isEqualTo(7);

        assertThat(steps).hasToString("lock rebuild");
    }

    @Test
    void theReadModelIsNotMadeAnewAtStartUnlessThatIsWanted() throws Exception {
        assertThat(camel.getRouteController().getRouteStatus("rebuild-summary-at-start").isStopped()).isTrue();
        rebuild.expectedMessageCount(1);

        camel.getRouteController().startRoute("rebuild-summary-at-start");
        sender.sendBody("direct:rebuild-summary-at-start", null);

        MockEndpoint.assertIsSatisfied(camel);
    }

    /** Each round gets the next answer. */
    private void foldAnswers(long... counts) {
        for (int i = 0; i < counts.length; i++) {
            long count = counts[i];
            fold.whenExchangeReceived(i + 1, exchange -> exchange.getMessage().setBody(count));
        }
    }
}
