package ecommerce.inventory.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

import ecommerce.inventory.support.RouteTest;
import org.apache.camel.CamelContext;
import org.apache.camel.EndpointInject;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.mock.MockEndpoint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.test.context.TestPropertySource;

/** {@code expire-reservations.camel.yaml}: the rounds of the expiry. */
@RouteTest(routes = "timers/expire-reservations", mock = "sql:*")
@ExtendWith(OutputCaptureExtension.class)
@TestPropertySource(properties = "inventory.reservation.expiry-batch-size=3")
class ExpireReservationsRouteTest {

    @Autowired
    private CamelContext camel;
    @Autowired
    private ProducerTemplate sender;
    @EndpointInject("mock:sql:classpath:routes/timers/expire-orders.sql")
    private MockEndpoint expire;
    @EndpointInject("mock:sql:classpath:routes/handlers/release-inventory.sql")
    private MockEndpoint release;

    @EndpointInject("mock:sql:classpath:routes/handlers/locked-products-of-orders.sql")
    private MockEndpoint locked;

    @Test
    void nothingDueCostsOneRound() throws Exception {
        expireAnswers("[]");
        expire.expectedMessageCount(1);
        expire.expectedVariableReceived("batchSize", 3);
        locked.expectedMessageCount(0);

        assertThat(clock().getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void roundsGoOnUntilNothingIsDue() throws Exception {
        expireAnswers("[\"order-1\"]", "[\"order-2\"]", "[]");
        expire.expectedMessageCount(3);
        release.expectedBodiesReceived(expired("[\"order-1\"]"), expired("[\"order-2\"]"), expired("[]"));

        assertThat(clock().getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
        assertThat(received("since")).as("each round begins where the previous one ended")
            .containsExactly("-infinity", "after [\"order-1\"]", "after [\"order-2\"]");
    }

    @Test
    void aFailureEndsTheRoundsUntilTheClockComesAgain(CapturedOutput output) throws Exception {
        expire.whenAnyExchangeReceived(exchange -> {
            throw new IllegalStateException("no luck");
        });
        expire.expectedMessageCount(1);
        release.expectedMessageCount(0);
        locked.expectedMessageCount(0);

        assertThat(clock().getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
        assertThat(output).contains("expire-reservations failed and resumes at its next time: no luck");
    }

    @Test
    void aFailureThatIsNoLockedProductEndsTheRoundsToo() throws Exception {
        expireAnswers("[\"order-1\"]", "[\"order-2\"]");
        expire.expectedMessageCount(1);
        release.whenAnyExchangeReceived(exchange -> {
            throw new IllegalStateException("no luck");
        });
        locked.whenAnyExchangeReceived(exchange -> exchange.getMessage().setBody(null));
        locked.expectedMessageCount(1);

        assertThat(clock().getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void aBatchThatCannotHaveAProductIsTriedAgainWithoutThoseWhoHoldIt() throws Exception {
        expireAnswers("[\"order-1\"]", "[\"order-2\"]", "[\"order-4\"]", "[]");
        release.whenExchangeReceived(2, exchange -> {
            throw new IllegalStateException("lock timeout");
        });
        locked.whenAnyExchangeReceived(exchange -> exchange.getMessage().setBody("[\"a\"]"));
        locked.expectedMessageCount(1);
        locked.expectedVariableReceived("orders", "[\"order-2\"]");

        assertThat(clock().getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
        assertThat(received("lockedProducts")).containsExactly("[]", "[]", "[\"a\"]", "[\"a\"]");
        assertThat(received("since")).containsExactly("-infinity", "after [\"order-1\"]", "after [\"order-1\"]", "after [\"order-4\"]");
    }

    private List<Object> received(String variable) {
        return expire.getExchanges().stream().map(exchange -> exchange.getVariable(variable)).toList();
    }

    /** Each round gets the next answer. */
    private void expireAnswers(String... orders) {
        for (int i = 0; i < orders.length; i++) {
            Map<String, Object> answer = expired(orders[i]);
            expire.whenExchangeReceived(i + 1, exchange -> exchange.getMessage().setBody(answer));
        }
    }

    private static Map<String, Object> expired(String orders) {
        Map<String, Object> parameters = new HashMap<>();
        parameters.put("done", orders.equals("[]") ? 0L : 1L);
        parameters.put("orders", orders);
        parameters.put("until", "after " + orders);
        parameters.put("correlationId", null);
        return parameters;
    }

    private Exchange clock() {
        return sender.send("direct:expire-reservations", exchange -> { });
    }
}
