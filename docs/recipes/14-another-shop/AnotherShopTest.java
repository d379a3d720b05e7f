package ecommerce.inventory.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.UUID;

import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import servicebus.EmbeddedServiceBus;

@WorkerTest
class AnotherShopTest {

    private static final String SHOPIFY = """
        {"id": 820982911946154508, "currency": "USD", "total_price": "398.00", "customer": {"id": 115310627314723954},
         "line_items": [
           {"id": 866550311766439020, "variant_id": 808950810, "quantity": 1, "sku": "IPOD2008PINK", "price": "199.00"},
           {"id": 141249953214522974, "variant_id": 39072856, "quantity": 2, "sku": null, "price": "199.00"}]}""";
    private static final String WOOCOMMERCE = """
        {"id": 727, "status": "processing", "total": "29.35", "customer_id": 0,
         "line_items": [
           {"id": 315, "product_id": 93, "variation_id": 0, "quantity": 2, "total": "6.00", "sku": "", "price": 3},
           {"id": 316, "product_id": 22, "variation_id": 23, "quantity": 1, "total": "12.00", "sku": "Bar3", "price": 12}]}""";

    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;

    @BeforeEach
    void stock() {
        shop.awaitQuiet(tables);
        tables.clear();
        bus.purge();
        for (String product : new String[] {"IPOD2008PINK", "39072856", "93", "Bar3"}) {
            tables.stock(product, 10);
        }
    }

    @Test
    void anOrderOfEachShopIsReservedHoweverOftenItIsDelivered() {
        shop.send(webhook(SHOPIFY, "X-Shopify-Topic", "orders/create", "X-Shopify-Webhook-Id", "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"),
            webhook(SHOPIFY, "X-Shopify-Topic", "orders/create", "X-Shopify-Webhook-Id", "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"),
            webhook(WOOCOMMERCE, "X-WC-Webhook-Topic", "order.created", "X-WC-Webhook-Delivery-ID", "0b8bcf7b7a6ac2a7aa1ab5c8a1a0b8d4"),
            ShopDriver.order("ours", "1 93"));
        shop.awaitQuiet(tables);

        assertThat(tables.rows("SELECT order_id FROM inventory_orders")).extracting(row -> row.get("order_id"))
            .containsExactlyInAnyOrder("820982911946154508", "727", "ours");
        assertThat(tables.statusOf("820982911946154508") + tables.statusOf("727") + tables.statusOf("ours")).isEqualTo("ReservedReservedReserved");
        assertThat(tables.stockOf("IPOD2008PINK")).startsWith("9 available, 1 reserved");
        assertThat(tables.stockOf("39072856")).as("by variant, without SKU").startsWith("8 available, 2 reserved");
        assertThat(tables.stockOf("93")).as("by product, without SKU and variation").startsWith("7 available, 3 reserved");
        assertThat(tables.stockOf("Bar3")).startsWith("9 available, 1 reserved");
        assertThat(tables.count("inbox")).as("a webhook that is repeated is a duplicate").isEqualTo(3);
    }

    @Test
    void anOrderThatCannotBeTranslatedIsDeadLetteredWithTheReason() {
        shop.send(webhook("{\"id\": 1, \"line_items\": null}", "X-Shopify-Topic", "orders/create", "X-Shopify-Webhook-Id", "1"),
            webhook("{\"id\": 2, \"line_items\": []}", "X-WC-Webhook-Topic", "order.created", "X-WC-Webhook-Delivery-ID", "2"));
        shop.awaitQuiet(tables);

        assertThat(shop.deadLetters()).extracting(message -> message.deadLetterReason() + ": " + message.deadLetterErrorDescription())
            .anySatisfy(reason -> assertThat(reason).startsWith("SchemaViolation: body: cannot be translated into OrderCreated: "))
            .anySatisfy(reason -> assertThat(reason).startsWith("SchemaViolation: items: ")).hasSize(2);
    }

    private static ServiceBusMessage webhook(String body, String topicHeader, String topic, String idHeader, String id) {
        ServiceBusMessage message = new ServiceBusMessage(body).setContentType("application/json").setMessageId(UUID.randomUUID().toString());
        message.getApplicationProperties().putAll(Map.of(topicHeader, topic, idHeader, id));
        return message;
    }
}
