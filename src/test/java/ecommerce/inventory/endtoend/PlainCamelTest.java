package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.about;
import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.support.Api;
import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.CamelMainWorker;
import ecommerce.inventory.support.JavaProcess;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.junit.jupiter.api.Test;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.jdbc.core.JdbcTemplate;
import servicebus.BrowsedMessage;
import servicebus.EmbeddedServiceBus;

/**
 * The worker in a process that has neither Spring Boot nor Spring's container on its class path. (In the other tests on
 * camel-main the class path contains both, because the tests need them.)
 */
class PlainCamelTest {

    private static final String TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    /** The jars to leave out. camel-sql and the transactions need spring-core, -beans, -jdbc and -tx. */
    private static final Pattern CONTAINER = Pattern.compile(
        "spring-(boot|context|web|aop|expression|test)[^/\\\\]*\\.jar|-starter-[^/\\\\]*\\.jar|camel-spring-(boot|xml|main)[^/\\\\]*\\.jar");

    @Test
    void anOrderIsReservedPaidForAndAnsweredWithoutSpringBoot() throws Exception {
        String database = Backend.createDatabase();
        Tables tables = new Tables(new JdbcTemplate(DataSourceBuilder.create().url(database).username("postgres").build()));
        EmbeddedServiceBus bus = Backend.startBus(null);
        ShopDriver shop = new ShopDriver(bus);
        try (JavaProcess worker = new JavaProcess(JavaProcess.shortLived("-cp", classPath(),
                CamelMainWorker.class.getName(), "server.port=0", "spring.datasource.url=" + database, "spring.datasource.username=postgres"),
                Map.of("INVENTORY_SERVICEBUS_CONNECTION_STRING", bus.connectionString()))) {
            await().until(() -> worker.output().contains(CamelMainWorker.STARTED) || !worker.handle().isAlive());
            assertThat(worker.output()).contains(CamelMainWorker.STARTED);
            tables.stock("a", 5);
            ServiceBusMessage traced = order("order-1", "2 a");
            traced.getApplicationProperties().putAll(Map.of("traceparent", TRACEPARENT, "tracestate", "shop=1"));
            shop.send(traced);
            await().until(() -> shop.events("order-1").size() == 1);
            shop.send(order("order-2", "4 a"));
            bus.send("orders", AmqpBodyTest.encoded("null", new AmqpValue(null)));
            shop.sendPayments(about("order-1", "PaymentProcessed", "Captured"));
            await().until(() -> shop.events().size() == 3);
            shop.awaitQuiet(tables);

            assertThat(shop.events("order-1")).extracting(BrowsedMessage::subject).containsExactly("InventoryReserved", "InventoryCommitted");
            assertThat(shop.events("order-2")).extracting(BrowsedMessage::subject).containsExactly("InventoryInsufficient");
            assertThat(shop.events("order-1").get(0).applicationProperties()).as("traces are passed on")
                .containsEntry("traceparent", TRACEPARENT).containsEntry("tracestate", "shop=1");
            assertThat(shop.deadLetters()).extracting(BrowsedMessage::messageId).as("a message that the SDK cannot decode").containsExactly("null");
            Api api = new Api(Integer.parseInt(worker.output().replaceFirst("(?s).*" + CamelMainWorker.STARTED + "(\\d+).*", "$1")));
            assertThat(api.get("/stock/a", "Stock").get("availableStock").intValue()).isEqualTo(3);
            assertThat(worker.end("TERM")).as(worker.output()).isEqualTo(143);
        } finally {
            shop.destroy();
        }
    }

    private static String classPath() {
        String all = System.getProperty("java.class.path");
        assertThat(CONTAINER.matcher(all).find()).as("jars to leave out of " + all).isTrue();
        return Arrays.stream(all.split(File.pathSeparator)).filter(entry -> !CONTAINER.matcher(entry).find())
            .collect(Collectors.joining(File.pathSeparator));
    }
}
