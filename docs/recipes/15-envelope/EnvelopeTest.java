package ecommerce.inventory.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import servicebus.EmbeddedServiceBus;

@WorkerTest
class EnvelopeTest {

    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;

    @BeforeEach
    void empty() {
        shop.awaitQuiet(tables);
        tables.clear();
        bus.purge();
        tables.stock("a", 10);
    }

    @Test
    void aPaymentCountsOnceWithAndWithoutAnEnvelope() {
        shop.send(ShopDriver.order("order-1", "1 a"), ShopDriver.order("order-2", "1 a"));
        shop.awaitQuiet(tables);

        shop.sendPayments(event("1", "{\"orderId\": \"order-1\", \"status\": \"Captured\"}"), event("1", "{\"orderId\": \"order-1\", \"status\": \"Captured\"}"),
            ShopDriver.about("order-2", "PaymentProcessed", "Captured"));
        shop.awaitQuiet(tables);

        assertThat(tables.statusOf("order-1") + tables.statusOf("order-2")).isEqualTo("CommittedCommitted");
        assertThat(tables.count("inbox WHERE message_type = 'PaymentProcessed'")).as("an event that comes twice is a duplicate").isEqualTo(2);
        assertThat(bus.counts(ShopDriver.PAYMENTS).deadLettered()).isZero();
    }

    @Test
    void aBrokenEnvelopeIsDeadLetteredWithTheReason() {
        shop.sendPayments(event("2", "{\"orderId\": "), event("3", "[]"));
        shop.awaitQuiet(tables);

        assertThat(bus.browse(ShopDriver.PAYMENTS + "/$DeadLetterQueue"))
            .extracting(message -> message.deadLetterReason() + ": " + message.deadLetterErrorDescription())
            .anySatisfy(reason -> assertThat(reason).startsWith("SchemaViolation: body: is no CloudEvent: "))
            .anySatisfy(reason -> assertThat(reason).startsWith("MalformedBody: body: ")).hasSize(2);
    }

    private static ServiceBusMessage event(String id, String data) {
        return new ServiceBusMessage("{\"specversion\": \"1.0\", \"id\": \"" + id + "\", \"source\": \"/pay\", \"type\": \"com.shop.PaymentProcessed\", "
            + "\"data\": " + data + "}").setContentType("application/cloudevents+json; charset=utf-8");
    }
}
