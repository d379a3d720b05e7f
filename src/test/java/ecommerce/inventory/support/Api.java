package ecommerce.inventory.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;

/** A client of a worker's API, which checks each answer against the contract. */
public class Api {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final JsonNode CONTRACT = Contracts.read("contracts/openapi.yaml");

    private final HttpClient client = HttpClient.newHttpClient();
    private final String base;

    public Api(int port) {
        base = "http://localhost:" + port;
    }

    /** Paths of all queries, for product {@code a} and order {@code a}. */
    public static List<String> questions() {
        List<String> paths = new ArrayList<>();
        CONTRACT.get("paths").fieldNames().forEachRemaining(path -> paths.add(path.replaceAll("\\{\\w+}", "a")));
        return paths;
    }

    /**
     * Sends a query and expects an answer.
     *
     * @param path    of the API, {@code "/stock?limit=1"}
     * @param schema  of the answer, by its name in the contract
     */
    public JsonNode get(String path, String schema) {
        HttpResponse<String> response = send("/api/inventory" + path);
        assertThat(response.statusCode()).as("%s: %s", path, response.body()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
        return kept(schema, response.body());
    }

    /**
     * Sends a query and expects a problem.
     *
     * @param headers of the request: names and values alternate
     */
    public JsonNode problem(int status, String path, String... headers) {
        HttpResponse<String> response = send("/api/inventory" + path, headers);
        assertThat(response.statusCode()).as("%s: %s", path, response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type").orElse("")).as(response.body()).startsWith("application/problem+json");
        assertThat(response.body()).as("no internals").doesNotContain("Exception", "\tat ", "PSQL", "org.", "jdbc");
        return kept("Problem", response.body());
    }

    /** @param headers of the request: names and values alternate */
    public HttpResponse<String> send(String path, String... headers) {
        HttpRequest.Builder request = request(path);
        if (headers.length > 0) {
            request.headers(headers);
        }
        return send(request.build());
    }

    /** The status of a request with another method and without a body. */
    public int status(String method, String path) {
        return send(request(path).method(method, HttpRequest.BodyPublishers.noBody()).build()).statusCode();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(base + path));
    }

    private HttpResponse<String> send(HttpRequest request) {
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Opens the stream of stock changes. */
    public Stream listen() {
        try {
            return new Stream(client.send(request("/api/inventory/stream").build(), HttpResponse.BodyHandlers.ofInputStream()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The changes that a stream has received so far. */
    public static final class Stream implements AutoCloseable {

        private final HttpResponse<InputStream> response;
        private final List<String> lines = Collections.synchronizedList(new ArrayList<>());
        private final Map<String, JsonNode> last = new ConcurrentHashMap<>();

        private Stream(HttpResponse<InputStream> response) {
            this.response = response;
            Thread reader = new Thread(this::read, "stream");
            reader.setDaemon(true);
            reader.start();
        }

        private void read() {
            try (BufferedReader reader = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    if (line.startsWith("data: ")) {
                        JsonNode stock = kept("Stock", line.substring("data: ".length()));
                        last.put(stock.get("productId").textValue(), stock);
                    }
                    lines.add(line);
                }
                lines.add("end");
            } catch (IOException e) {
                lines.add("end: " + e);
            }
        }

        public int status() {
            return response.statusCode();
        }

        public List<String> lines() {
            return List.copyOf(lines);
        }

        /** The last change of a product, or null. */
        public JsonNode last(String productId) {
            return last.get(productId);
        }

        @Override
        public String toString() {
            List<String> read = lines();
            return read.size() + " lines, the last: " + read.subList(Math.max(0, read.size() - 5), read.size());
        }

        @Override
        public void close() throws IOException {
            response.body().close();
        }
    }

    private static JsonNode kept(String schema, String body) {
        ObjectNode root = JSON.createObjectNode().put("$ref", "#/components/schemas/" + schema);
        root.set("components", CONTRACT.get("components"));
        try {
            JsonNode answer = JSON.readTree(body);
            assertThat(JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(root).validate(answer,
                context -> context.getExecutionConfig().setFormatAssertionsEnabled(true))).as(body).isEmpty();
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
