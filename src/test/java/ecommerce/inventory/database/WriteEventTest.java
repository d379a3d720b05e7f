package ecommerce.inventory.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

import javax.sql.DataSource;

import com.fasterxml.jackson.databind.ObjectMapper;
import ecommerce.inventory.outbox.OutboxComponent;
import ecommerce.inventory.support.Tables;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The step {@code to: outbox:<type>}, by which a route publishes an event. */
@DatabaseTest
class WriteEventTest {

    private static final Pattern TIME = Pattern.compile("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z");

    @Autowired
    private Tables tables;
    @Autowired
    private DataSource dataSource;
    @Autowired
    private PlatformTransactionManager transactionManager;
    private final CamelContext camel = new DefaultCamelContext();

    @BeforeEach
    void start() {
        camel.addComponent("outbox", new OutboxComponent(dataSource));
        camel.start();
    }

    @AfterEach
    void stop() {
        camel.stop();
    }

    @Test
    void aFieldIsTheVariableOfItsNameOrElseThatOfTheMessageOrElseThePresent() throws Exception {
        assertThat(send("InventoryReleased", variables()).getException()).isNull();

        Map<String, Object> row = tables.row("SELECT * FROM outbox");
        Map<?, ?> event = new ObjectMapper().readValue(row.get("message_body").toString(), Map.class);
        assertThat(row).containsEntry("message_type", "InventoryReleased").containsEntry("partition_key", "order-1")
            .containsEntry("correlation_id", "c").containsEntry("causation_id", "m").containsEntry("traceparent", "p")
            .containsEntry("tracestate", "s").containsEntry("published_at", null);
        assertThat(event.remove("releasedAt").toString()).matches(TIME);
        assertThat(event).isEqualTo(Map.of("orderId", "order-1", "productId", "4711", "quantityReleased", 3, "availableStock", 5,
            "reason", "Expired"));
    }

    @Test
    void withoutAMessageItHasNoCause() {
        Map<String, Object> variables = variables();
        variables.keySet().removeAll(Set.of("messageBody", "sourceMessageId", "correlationId", "traceparent", "tracestate"));
        variables.put("orderId", "order-2");
        variables.put("releasedAt", "2026-11-28T12:00:00.000000Z");

        assertThat(send("InventoryReleased", variables).getException()).isNull();

        assertThat(tables.row("SELECT partition_key, causation_id, message_body ->> 'releasedAt' AS at FROM outbox"))
            .containsEntry("partition_key", "order-2").containsEntry("causation_id", null).containsEntry("at", "2026-11-28T12:00:00.000000Z");
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
        reason,           ,      $: required property 'reason' not found
        reason,           Whim,  $.reason: does not have a value in the enumeration
        quantityReleased, many,  '$.quantityReleased: string found, integer expected'
        quantityReleased, 0,     $.quantityReleased: must have a minimum value of 1
        """)
    void anEventThatItsSubscribersDoNotExpectFailsAndNamesTheField(String field, String value, String error) {
        Map<String, Object> variables = variables();
        variables.put(field, value);

        assertThat(send("InventoryReleased", variables).getException())
            .hasMessageStartingWith("The event does not keep to contracts/out/InventoryReleased.schema.json: " + error);
        assertThat(tables.count("outbox")).isZero();
    }

    @Test
    void itIsWrittenInTheTransactionOfTheRoute() {
        new TransactionTemplate(transactionManager).executeWithoutResult(transaction -> {
            send("InventoryReleased", variables());
            assertThat(tables.count("outbox")).isEqualTo(1);
            transaction.setRollbackOnly();
        });

        assertThat(tables.count("outbox")).isZero();
    }

    @Test
    void anEventWithoutASchemaStopsTheStartOfItsRoute() {
        assertThatThrownBy(() -> camel.getEndpoint("outbox:OrderForgotten"))
            .hasRootCauseMessage("outbox:OrderForgotten needs contracts/out/OrderForgotten.schema.json, the schema of the event");
    }

    /** As a split makes them of the message; and those that a route sets, one of them as text. */
    private static Map<String, Object> variables() {
        Map<String, Object> variables = new HashMap<>(Map.of("messageBody", "{\"orderId\": \"order-1\", \"quantityReleased\": 9}",
            "sourceMessageId", "m", "correlationId", "c", "traceparent", "p", "tracestate", "s"));
        variables.putAll(Map.of("productId", 4711, "quantityReleased", "3", "availableStock", 5, "reason", "Expired"));
        return variables;
    }

    private Exchange send(String type, Map<String, Object> variables) {
        Exchange exchange = new DefaultExchange(camel);
        variables.forEach(exchange::setVariable);
        return camel.createProducerTemplate().send("outbox:" + type, exchange);
    }
}
