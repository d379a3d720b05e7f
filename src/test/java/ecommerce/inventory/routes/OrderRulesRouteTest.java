package ecommerce.inventory.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import ecommerce.inventory.failure.Failures;
import ecommerce.inventory.failure.InvalidMessageException;
import ecommerce.inventory.support.RouteTest;
import ecommerce.inventory.transaction.MessageList;
import org.apache.camel.CamelContext;
import org.apache.camel.EndpointInject;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.AdviceWith;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.model.language.JsonPathExpression;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;

/** {@code reserve-inventory.camel.yaml}: what a rule before the reservation can do, and which fields of a message it reads. */
@RouteTest(routes = {"handlers/reserve-inventory", "handlers/commit-inventory"}, mock = "sql:*")
class OrderRulesRouteTest {

    private static final String CHANGED = "{\"customerId\":\"changed\",\"items\":[]}";

    @Autowired
    private CamelContext camel;
    @Autowired
    private ProducerTemplate sender;
    @EndpointInject("mock:sql:classpath:routes/handlers/reserve-inventory.sql")
    private MockEndpoint reserve;
    @EndpointInject("mock:refused")
    private MockEndpoint refused;

    /** The rules, as steps at the end of before-reservation; and a step in front of it, where there is a list. */
    @BeforeEach
    void rules() throws Exception {
        if (camel.getRoute("order-created").filter("rule-*").size() > 0) {
            return;
        }
        AdviceWith.adviceWith(camel, "order-created", route -> {
            route.weaveById("order-fields").after()
                .setVariable("customer", customer()).id("rule-customer")
                .filter().simple("${variable.customer} == 'blocked'").to("mock:refused").stop().end()
                .filter().simple("${variable.customer} == 'changed'").setVariable("messageBody").constant(CHANGED).end()
                .filter().simple("${variable.customer} == 'faulty'").throwException(new IllegalStateException("a rule has failed")).end()
                .filter().simple("${variable.customer} == 'invalid'")
                    .throwException(InvalidMessageException.class, "customerId: ${variable.customer} is not known").end();
            route.weaveById("before-reservation").before()
                .filter().simple("${header.reads} == 'jsonpath'").setVariable("x", customer()).end()
                .filter().simple("${header.reads} == 'simple'").setVariable("x").simple("${variable.messageBody}").end()
                .filter().simple("${header.reads} == 'contains'").filter().simple("${variable.messageBody} contains 'blocked'").stop().end().end()
                .filter().simple("${header.reads} == 'message'").setVariable("x").simple("${variable.message[correlationId]}").end();
        });
    }

    @BeforeEach
    void allAreReserved() {
        reserve.whenAnyExchangeReceived(exchange -> exchange.getMessage().setBody(List.of()));
    }

    @Test
    void aRuleRefusesOneOrderOfSeveralAndTheOthersAreReservedInTheirOrder() throws Exception {
        refused.expectedBodiesReceived(order("blocked"));
        reserve.expectedMessageCount(1);

        assertThat(handle("a", "blocked", "b").getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
        assertThat(reservedOrders()).containsExactly(body("a"), body("b"));
    }

    @Test
    void aRuleRefusesAnOrderThatComesAlone() throws Exception {
        refused.expectedMessageCount(1);
        reserve.expectedMessageCount(0);

        assertThat(handle("blocked").getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 200})
    void eachOrderIsRefusedHoweverManyComeTogether(int orders) throws Exception {
        refused.expectedMessageCount(orders);
        reserve.expectedMessageCount(0);

        assertThat(handle(Stream.generate(() -> "blocked").limit(orders).toArray(String[]::new)).getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void aRuleChangesOneOrderOfSeveral() throws Exception {
        reserve.expectedMessageCount(1);

        assertThat(handle("a", "changed").getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
        assertThat(reservedOrders()).containsExactly(body("a"), CHANGED);
    }

    @Test
    void aRuleThatFailsFailsAllSoThatNoneIsReservedWithoutItsRule() throws Exception {
        reserve.expectedMessageCount(0);

        assertThat(Failures.rootCause(handle("a", "faulty", "b").getException())).isEqualTo("a rule has failed");

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void aRuleFindsAnOrderInvalidWhichIsDeadLetteredWithItsSentence() throws Exception {
        reserve.expectedMessageCount(0);

        InvalidMessageException failure = Failures.invalidMessage(handle("invalid").getException()).orElseThrow();

        assertThat(failure).hasMessage("customerId: invalid is not known");
        assertThat(failure.reason()).isEqualTo(InvalidMessageException.Reason.SchemaViolation);
        MockEndpoint.assertIsSatisfied(camel);
    }

    @ParameterizedTest
    @ValueSource(strings = {"jsonpath", "simple", "contains", "message"})
    void aFieldOfTheMessageCannotBeReadWhereThereIsAList(String reads) throws Exception {
        reserve.expectedMessageCount(0);
        Exchange received = exchange("blocked");
        received.getMessage().setHeader("reads", reads);

        sender.send("direct:OrderCreated", received);

        assertThat(received.getException()).hasStackTraceContaining("is not set: here is a list of messages");
        MockEndpoint.assertIsSatisfied(camel);
    }

    /** As the recipes write it: a field that is missing is null. */
    private static JsonPathExpression customer() {
        JsonPathExpression expression = new JsonPathExpression("$.customerId");
        expression.setSource("messageBody");
        expression.setSuppressExceptions("true");
        expression.setResultType(String.class);
        return expression;
    }

    private static String body(String customer) {
        return "{\"customerId\":\"" + customer + "\"}";
    }

    private static Map<String, Object> order(String customer) {
        return new HashMap<>(Map.of("messageBody", body(customer)));
    }

    private List<String> reservedOrders() {
        return List.of((String[]) reserve.getExchanges().get(0).getMessage().getBody(Map.class).get("messageBody"));
    }

    private Exchange handle(String... customers) {
        return sender.send("direct:OrderCreated", exchange(customers));
    }

    /** As the inbox makes it. */
    private Exchange exchange(String... customers) {
        Exchange exchange = camel.getEndpoint("direct:OrderCreated").createExchange();
        MessageList.set(exchange, Stream.of(customers).map(OrderRulesRouteTest::order).toList());
        return exchange;
    }
}
