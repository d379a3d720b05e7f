package ecommerce.inventory.support;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;

/**
 * Stands in for Entra ID: exchanges the token of a Kubernetes service account for a token of PostgreSQL, as for a workload identity of Azure.
 * Processes reach it by Entra ID's own name, through a proxy that leads to nothing else.
 */
public final class EntraId implements AutoCloseable {

    /** What the service account's token file contains. */
    public static final String SERVICE_ACCOUNT = "service-account-token-that-must-not-leak";

    private static final String HOST = "login.microsoftonline.com";
    private static final String TENANT = "11111111-2222-3333-4444-555555555555";
    private static final String CLIENT = "66666666-7777-8888-9999-000000000000";
    private static final String SCOPE = "https://ossrdbms-aad.database.windows.net/.default";
    /** Seconds. The clients ask for another token five minutes before the end: so, each time that they need one. */
    private static final int EXPIRES = 301;

    private final Certificate certificate;
    private final Path serviceAccount;
    private final HttpsServer https;
    private final ServerSocket proxy = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private volatile String token;

    /** @param folder for the files that a process needs */
    public EntraId(Path folder) throws IOException, InterruptedException, GeneralSecurityException {
        certificate = Certificate.selfSigned(HOST, folder);
        serviceAccount = Files.writeString(folder.resolve("azure-identity-token"), SERVICE_ACCOUNT);
        https = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        https.setHttpsConfigurator(new HttpsConfigurator(certificate.server()));
        https.setExecutor(threads);
        https.createContext("/common/discovery/instance", exchange -> answer(exchange, 200, """
            {"tenant_discovery_endpoint": "https://%1$s/%2$s/v2.0/.well-known/openid-configuration",
             "metadata": [{"preferred_network": "%1$s", "preferred_cache": "%1$s", "aliases": ["%1$s"]}]}""".formatted(HOST, TENANT)));
        https.createContext("/" + TENANT + "/oauth2/v2.0/token", this::exchangeToken);
        https.start();
        threads.execute(this::forward);
    }

    /** Issues this token from now on; null: refuses the identity. */
    public void issue(String next) {
        token = next;
    }

    /** Options of a JVM that reaches it and trusts it. */
    public List<String> jvmOptions() {
        return Stream.concat(certificate.trusted().stream(), Stream.of("-Dhttps.proxyHost=localhost", "-Dhttps.proxyPort=" + proxy.getLocalPort())).toList();
    }

    /** The environment of a pod with a workload identity. */
    public Map<String, String> environment() {
        return Map.of("AZURE_AUTHORITY_HOST", "https://" + HOST + "/", "AZURE_TENANT_ID", TENANT, "AZURE_CLIENT_ID", CLIENT,
            "AZURE_FEDERATED_TOKEN_FILE", serviceAccount.toString());
    }

    private void exchangeToken(HttpExchange exchange) throws IOException {
        Map<String, String> form = Arrays.stream(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8).split("&"))
            .map(field -> field.split("=", 2)).collect(Collectors.toMap(field -> field[0], field -> URLDecoder.decode(field[1], StandardCharsets.UTF_8)));
        boolean known = CLIENT.equals(form.get("client_id")) && SERVICE_ACCOUNT.equals(form.get("client_assertion"))
            && List.of(form.get("scope").split(" ")).contains(SCOPE);
        String issued = token;
        if (known && issued != null) {
            answer(exchange, 200, "{\"token_type\": \"Bearer\", \"expires_in\": " + EXPIRES + ", \"access_token\": \"" + issued + "\"}");
        } else {
            answer(exchange, 401, "{\"error\": \"invalid_client\", \"error_codes\": [700213], \"error_description\": "
                + "\"AADSTS700213: No matching federated identity record found for presented assertion subject.\"}");
        }
    }

    private static void answer(HttpExchange exchange, int status, String json) throws IOException {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json; charset=utf-8");
        exchange.sendResponseHeaders(status, body.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
        }
    }

    private void forward() {
        while (!proxy.isClosed()) {
            try {
                Socket client = proxy.accept();
                threads.execute(() -> connect(client));
            } catch (IOException e) {
                // Closed: the loop ends.
            }
        }
    }

    private void connect(Socket client) {
        try (client) {
            BufferedReader request = new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
            String first = request.readLine();
            for (String line = first; line != null && !line.isEmpty();) {
                line = request.readLine();
            }
            boolean allowed = ("CONNECT " + HOST + ":443 HTTP/1.1").equals(first);
            client.getOutputStream().write(("HTTP/1.1 " + (allowed ? "200 OK" : "403 Forbidden") + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            if (allowed) {
                try (Socket server = new Socket(https.getAddress().getAddress(), https.getAddress().getPort())) {
                    threads.execute(() -> copy(server, client));
                    client.getInputStream().transferTo(server.getOutputStream());
                }
            }
        } catch (IOException e) {
            // Either side has closed the connection.
        }
    }

    private static void copy(Socket from, Socket to) {
        try (InputStream answers = from.getInputStream()) {
            answers.transferTo(to.getOutputStream());
        } catch (IOException e) {
            // Either side has closed the connection.
        }
    }

    @Override
    public void close() throws IOException {
        proxy.close();
        https.stop(0);
        threads.shutdownNow();
    }
}
