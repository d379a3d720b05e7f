package ecommerce.inventory.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.regex.Pattern;

import org.springframework.core.env.Environment;

/** Requests to a worker's management port, as of a monitoring system or an operator. */
public class ManagementPort {

    private final HttpClient http = HttpClient.newHttpClient();
    private final Environment environment;

    /** @param environment of the worker */
    public ManagementPort(Environment environment) {
        this.environment = environment;
    }

    /** @param path after {@code /actuator/} */
    public HttpResponse<String> get(String path) {
        return send(HttpRequest.newBuilder(uri(path)).build());
    }

    /** @param token bearer token, or null for none */
    public HttpResponse<String> post(String path, String token, String json) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(path)).header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json));
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        return send(request.build());
    }

    /** The metrics, as Prometheus scrapes them. */
    public String scrape() {
        return get("prometheus").body();
    }

    /**
     * The value of a metric.
     *
     * @param  labels in any order, such as {@code outcome="reserved"}; a sample may have more labels
     * @return        the sum of all samples with these labels; 0 if there is none
     */
    public double sample(String name, String... labels) {
        return scrape().lines().filter(line -> line.matches(Pattern.quote(name) + "(\\{.*)? .*"))
            .filter(line -> {
                for (String label : labels) {
                    if (!line.contains(label)) {
                        return false;
                    }
                }
                return true;
            })
            .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1))).sum();
    }

    private URI uri(String path) {
        return URI.create("http://localhost:" + environment.getProperty("local.management.port") + "/actuator/" + path);
    }

    private HttpResponse<String> send(HttpRequest request) {
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
