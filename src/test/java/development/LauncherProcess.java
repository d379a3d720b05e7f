package development;

import static ecommerce.inventory.support.Waiting.await;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ecommerce.inventory.support.JavaProcess;

/** The development launcher in a process of its own, with an HTTP client for its shop. */
final class LauncherProcess implements AutoCloseable {

    private static final Pattern SHOP = Pattern.compile("http://localhost:\\d+");
    /** Time limit of the start, for a busy machine. */
    private static final Duration START = Duration.ofMinutes(3);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http = HttpClient.newHttpClient();
    private final JavaProcess process;

    private LauncherProcess(String classPath, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(JavaProcess.shortLived("-cp", classPath, DevelopmentLauncher.class.getName()));
        command.addAll(arguments);
        process = new JavaProcess(command);
    }

    static LauncherProcess start(String... arguments) throws IOException {
        return new LauncherProcess(System.getProperty("java.class.path"), List.of(arguments));
    }

    /**
     * Starts it on free ports, and waits until it is ready.
     *
     * @param resources directories in front of the class path
     */
    static LauncherProcess ready(Path... resources) throws IOException {
        StringBuilder classPath = new StringBuilder();
        for (Path directory : resources) {
            classPath.append(directory).append(File.pathSeparator);
        }
        LauncherProcess launcher = new LauncherProcess(classPath + System.getProperty("java.class.path"), List.of("--server.port=0",
            "--management.server.port=0", "--inventory.dev.servicebus-port=0", "--inventory.dev.postgres-port=0"));
        return launcher.awaitReady();
    }

    LauncherProcess awaitReady() {
        await().atMost(START).until(process::output, output -> output.contains("is ready"));
        return this;
    }

    /** What it prints behind a name, such as {@code PostgreSQL}. */
    String printed(String name) {
        return output().lines().filter(line -> line.strip().startsWith(name + " ")).findFirst().orElseThrow()
            .strip().substring(name.length()).strip().split(" ")[0];
    }

    JavaProcess process() {
        return process;
    }

    String output() {
        return process.output();
    }

    JsonNode post(String path, String body) throws IOException, InterruptedException {
        return send(request(path).header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    JsonNode get(String path) throws IOException, InterruptedException {
        return send(request(path));
    }

    void delete(String path) throws IOException, InterruptedException {
        send(request(path).DELETE());
    }

    private HttpRequest.Builder request(String path) {
        Matcher shop = SHOP.matcher(output());
        if (!shop.find()) {
            throw new IllegalStateException("No shop in:\n" + output());
        }
        return HttpRequest.newBuilder(URI.create(shop.group() + path));
    }

    String text(String path) throws IOException, InterruptedException {
        return http.send(request(path).build(), BodyHandlers.ofString()).body();
    }

    private JsonNode send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return JSON.readTree(http.send(request.build(), BodyHandlers.ofString()).body());
    }

    @Override
    public void close() throws IOException {
        process.close();
    }
}
