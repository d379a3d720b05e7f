package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.about;
import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.metrics.Metric;
import ecommerce.inventory.support.ManagementPort;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.autoconfigure.actuate.observability.AutoConfigureObservability;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.TestPropertySource;

/** What a monitoring system sees on the management port. */
@WorkerTest
@AutoConfigureObservability(tracing = false)
@Import(ManagementPort.class)
@TestPropertySource(properties = {"inventory.metrics.schedule=* * * * * ?", "inventory.receivers.watch-schedule=* * * * * ?",
    "inventory.reservation.expiry-schedule=0 0 0 1 1 ? 2099", "inventory.servicebus.unrouted-subscription=unrouted"})
class MetricsTest {

    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;
    @Autowired
    private ManagementPort management;

    @BeforeEach
    void stock() {
        jdbc.update("INSERT INTO inventory (product_id, available_stock) VALUES ('a-product', 10), ('b-product', 10) ON CONFLICT DO NOTHING");
    }

    @Test
    void ordersAreCountedOnceByOutcomeAndTimedToTheAcknowledgement() {
        double reserved = orders("reserved", "");
        double latencies = management.sample("inventory_event_latency_seconds_count");
        ServiceBusMessage first = order("order-1", "2 a-product", "1 b-product");

        shop.send(first, order("order-2", "1 a-product"), order("order-3", "99 a-product"));
        await().until(() -> shop.events("order-1").size() == 2 && shop.events("order-2").size() == 1 && shop.events("order-3").size() == 1);
        shop.sendPayments(about("order-1", "PaymentProcessed", "Captured"), about("order-2", "PaymentFailed"));
        await().until(() -> shop.events("order-1").size() == 4 && shop.events("order-2").size() == 2);
        shop.send(about("order-1", "OrderCancelled"));
        shop.awaitQuiet(tables);

        await().untilAsserted(() -> {
            assertThat(orders("reserved", "") - reserved).as("two orders with three events").isEqualTo(2);
            assertThat(orders("insufficient", "")).isEqualTo(1);
            assertThat(orders("committed", "")).isEqualTo(1);
            assertThat(orders("released", "PaymentFailed")).isEqualTo(1);
            assertThat(orders("released", "OrderCancelled")).isEqualTo(1);
            assertThat(management.sample("inventory_event_latency_seconds_count") - latencies).as("events").isEqualTo(9);
        });
        assertThat(management.sample("inventory_event_latency_seconds_bucket", "outcome=\"reserved\"", "le=\"60.0\"")).isGreaterThanOrEqualTo(3);
        assertThat(management.sample("inventory_event_latency_seconds_sum")).isBetween(0.001, 60.0);
    }

    @Test
    void aDuplicateIsCounted() {
        double before = management.sample("inventory_inbox_duplicates_messages_total");
        ServiceBusMessage order = order("order-4", "1 a-product");

        shop.send(order, order);

        await().untilAsserted(() ->
            assertThat(management.sample("inventory_inbox_duplicates_messages_total") - before).isEqualTo(1));
    }

    @Test
    void whatIsDeadIsSeen() {
        jdbc.update("INSERT INTO inbox (message_id, message_type, message_body, dead_at) VALUES (gen_random_uuid(), 'x', '{}', now())");

        await().untilAsserted(() -> assertThat(management.sample("inventory_inbox_dead_messages")).isEqualTo(1));
    }

    @Test
    void anOrderThatWaitsForItsOrderCreatedIsSeen() {
        jdbc.update("INSERT INTO inventory_orders (order_id, status, created_at) VALUES ('order-8', 'Paid', now() - interval '2 h')");

        await().untilAsserted(() -> assertThat(management.sample("inventory_orders_waiting_orders")).isEqualTo(1));
    }

    @Test
    void whatIsDeadLetteredIsCountedByReasonAndSourceAndWhatIsInTheQueuesByWhoeverHasPutItThere() {
        String[] invalid = {"source=\"orders-subscription\"", "reason=\"MalformedBody\""};
        assertThat(management.scrape()).as("zero from the start, so that the first one is an increase")
            .contains("reason=\"CommandRejected\",source=\"inventory-commands-queue\"");
        double before = management.sample("inventory_messages_dead_lettered_total", invalid);
        double others = management.sample("inventory_messages_dead_lettered_total") - before;
        shop.send(ShopDriver.orderCreated("no JSON"), ShopDriver.orderCreated("[]"));

        await().untilAsserted(() -> {
            assertThat(management.sample("inventory_messages_dead_lettered_total", invalid) - before).isEqualTo(2);
            assertThat(management.sample("inventory_dead_letters_messages", "source=\"orders-subscription\"")).isEqualTo(2);
        });
        assertThat(management.sample("inventory_messages_dead_lettered_total") - before - 2).as("dead letters of other reasons and sources").isEqualTo(others);
    }

    @Test
    void everyMetricHasTheNameThatIsDocumentedAndNoLabelTellsOfAnOrder() {
        shop.send(order("order-5", "1 a-product"));
        await().until(() -> shop.events("order-5").size() == 1);
        await().until(() -> management.sample("inventory_event_latency_seconds_count") > 0
            && management.sample("inventory_consumer_running") == 3);
        String scrape = management.scrape();

        Set<String> names = scrape.lines().filter(line -> line.startsWith("# HELP inventory_")).map(line -> line.split(" ")[2])
            .filter(name -> !name.endsWith("_max")).collect(Collectors.toCollection(TreeSet::new));
        assertThat(names).hasSameSizeAs(Metric.values()).allMatch(name -> Arrays.stream(Metric.values())
            .anyMatch(metric -> name.startsWith(metric.meterName().replace('.', '_'))));
        assertThat(scrape).as("ids").doesNotContain("order-5", "a-product");
        for (String name : List.of("camel_route_policy_seconds_count{", "hikaricp_connections_active{", "jvm_memory_used_bytes{")) {
            assertThat(scrape).containsPattern("(?m)^" + Pattern.quote(name));
        }
        assertThat(scrape.lines().filter(line -> !line.startsWith("#")).count()).as("series").isLessThan(1_000);
    }

    @Test
    void dashboardAndAlertsAskForMetricsThatAreThere() throws IOException {
        shop.send(order("order-6", "1 a-product"));
        await().until(() -> management.sample("inventory_event_latency_seconds_count") > 0
            && management.sample("inventory_consumer_running") == 3);
        String scrape = management.scrape();
        String asked = Files.readString(Path.of("k8s", "dashboards", "inventory-worker.json"))
            + Files.readString(Path.of("k8s", "alerts", "inventory-worker.yaml"));

        Set<String> names = Pattern.compile("\\b(inventory|hikaricp|jvm)_[a-z_]+").matcher(asked).results().map(MatchResult::group)
            .collect(Collectors.toCollection(TreeSet::new));
        assertThat(names).hasSizeGreaterThan(10)
            .allSatisfy(name -> assertThat(scrape).containsPattern("(?m)^" + name + "[{ ]"));
        assertThat(scrape).as("what distinguishes the worker's connections and memory from those of other applications")
            .containsPattern("(?m)^hikaricp_connections_pending\\{.*\\bapplication=\"inventory-worker\"")
            .containsPattern("(?m)^jvm_memory_used_bytes\\{.*\\bapplication=\"inventory-worker\".*\\barea=\"heap\"");
    }

    private double orders(String outcome, String reason) {
        return management.sample("inventory_orders_total", "outcome=\"" + outcome + "\"", "reason=\"" + reason + "\"");
    }
}
