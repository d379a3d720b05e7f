package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Timestamp;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import ecommerce.inventory.support.ManagementPort;
import ecommerce.inventory.support.NewTransaction;
import ecommerce.inventory.support.RawHttp;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalManagementPort;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.TestPropertySource;

/** What both ports refuse and how they answer, without wasting resources. */
@WorkerTest
@Import({ManagementPort.class, NewTransaction.class})
@TestPropertySource(properties = {"inventory.operator.token=" + OperatorTest.TOKEN, "server.tomcat.max-connections=240",
    "server.tomcat.connection-timeout=2s", "inventory.api.max-requests=12", "inventory.api.max-requests-per-address=10",
    "inventory.api.query-timeout=30", "inventory.stream.max-clients-per-address=2",
    "spring.datasource.hikari.connection-init-sql=SET lock_timeout = '50s'"})
class RequestLimitsTest {

    private static final long GIGABYTE = 1L << 30;
    private static final long MEGABYTE = 1L << 20;
    private static final String WAITING = "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";

    @LocalServerPort
    private int port;
    @LocalManagementPort
    private int managementPort;
    @Autowired
    private ManagementPort management;
    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;
    private final List<RawHttp> opened = new ArrayList<>();

    @AfterEach
    void isAsItWasBefore() {
        opened.forEach(RawHttp::close);
        await().untilAsserted(() -> {
            assertThat(management.get("health/liveness").statusCode()).isEqualTo(200);
            assertThat(request(port, "GET / HTTP/1.1\nHost: localhost\n\n")).isEqualTo(200);
        });
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        page       | PUT    | /x                              | application/x-www-form-urlencoded | 413
        page       | GET    | /api/inventory/backlog          | text/plain                        | 413
        page       | DELETE | /api/inventory/stock            | text/plain                        | 413
        page       | POST   | /                               | multipart/form-data; boundary=b   | 413
        page       | POST   | /nothing                        | application/json                  | 413
        management | POST   | /actuator/operator/x            | application/json                  | 413
        management | GET    | /actuator/health                | application/json                  | 413
        management | PUT    | /actuator/prometheus            | application/x-www-form-urlencoded | 413
        """)
    void aBodyOfAGigabyteIsRefusedBeforeItIsRead(String where, String method, String path, String contentType, int status) throws IOException {
        long spooled = spooled();
        RawHttp client = open(where.equals("page") ? port : managementPort);
        client.send(method + " " + path + " HTTP/1.1\nHost: localhost\nContent-Type: " + contentType + "\nContent-Length: " + GIGABYTE + "\n\n");
        long sent = client.sendBody(GIGABYTE);

        assertThat(sent).as("bytes that the server took").isLessThan(8 * MEGABYTE);
        assertProblem(client.answer(), status, method);
        assertThat(spooled()).as("temporary files").isEqualTo(spooled);
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET /api/inventory/backlog", "POST /", "PUT /x", "POST /actuator/operator/x"})
    void aBodyOfUnknownLengthIsRefused(String line) throws IOException {
        for (int on : new int[] {port, managementPort}) {
            RawHttp client = open(on).send(line + " HTTP/1.1\nHost: localhost\nTransfer-Encoding: chunked\n\n400\n");

            assertProblem(client.answer(), 411, line);
        }
    }

    @Test
    void aRequestOfAnOperatorWithoutATokenIsRefusedBeforeItsBodyIsRead() throws IOException {
        RawHttp client = open(managementPort).send("POST /actuator/operator/rebuild-summary HTTP/1.1\nHost: localhost\n"
            + "Content-Type: application/json\nContent-Length: 60000\nExpect: 100-continue\n\n");

        assertProblem(client.answer(), 401, "POST");
    }

    @ParameterizedTest
    @MethodSource
    void aRequestThatNothingHereUnderstandsIsAnsweredWithAProblem(String lines, int status) throws IOException {
        for (int on : new int[] {port, managementPort}) {
            String answer = open(on).send(lines + "Connection: close\n\n").answer();

            // This port has no page.
            assertProblem(answer, on == managementPort && lines.startsWith("POST / ") ? 404 : status, lines);
        }
    }

    static Stream<Arguments> aRequestThatNothingHereUnderstandsIsAnsweredWithAProblem() {
        return Stream.of(
            arguments("OPTIONS / HTTP/1.1\nHost: localhost\n", 405),
            arguments("PROPFIND / HTTP/1.1\nHost: localhost\n", 405),
            arguments("CONNECT localhost:22 HTTP/1.1\nHost: localhost\n", 501),
            arguments("POST / HTTP/1.1\nHost: localhost\nContent-Length: 0\n", 405),
            arguments("GET /nothing HTTP/1.1\nHost: localhost\n", 404),
            arguments("GET / HTTP/3.7\nHost: localhost\n", 505),
            arguments("GET / HTTP/1.1\nX: no host\n", 400),
            arguments("GET / HTTP/1.1\nHost: localhost\nHost: localhost\n", 400),
            arguments("GET / HTTP/1.1\nHost: localhost\nContent-Length: -1\n", 400),
            arguments("GET / HTTP/1.1\nHost: localhost\nContent-Length: 0\nContent-Length: 1\n", 400),
            arguments("GET / HTTP/1.1\nHost: localhost\nContent-Length: 5\nTransfer-Encoding: chunked\n", 411),
            arguments("G\1T / HTTP/1.1\nHost: localhost\n", 400),
            arguments("GET /\0 HTTP/1.1\nHost: localhost\n", 400),
            arguments("GET /%zz HTTP/1.1\nHost: localhost\n", 400),
            arguments("GET /..%2f..%2fetc HTTP/1.1\nHost: localhost\n", 400),
            arguments("GET /..%5c..%5cetc HTTP/1.1\nHost: localhost\n", 400),
            arguments("GET /api%2finventory/stock/a HTTP/1.1\nHost: localhost\n", 400),
            arguments("GET /api/inventory/..%2findex.html HTTP/1.1\nHost: localhost\n", 400),
            arguments("GET /api/inventory/stock/..%5c..%5c..%5cindex.html HTTP/1.1\nHost: localhost\n", 400),
            arguments("GET /api/inventory/stock/a%2F%2E%2E HTTP/1.1\nHost: localhost\n", 400),
            arguments("GET /api/inventory/a%2findex.html HTTP/1.1\nHost: localhost\n", 404),
            arguments("GET /../../etc/passwd HTTP/1.1\nHost: localhost\n", 400),
            arguments("GET / HTTP/1.1\nHost: attacker.example.com\n", 403),
            arguments("GET / HTTP/1.1\nHost: localhost\nX: " + "x".repeat(20_000) + "\n", 400),
            arguments("GET / HTTP/1.1\nHost: localhost\n" + "X: y\n".repeat(200), 400));
    }

    @Test
    void traceIsRefused() throws IOException {
        assertThat(open(port).send("TRACE / HTTP/1.1\nHost: localhost\nX: secret\nConnection: close\n\n").answer())
            .startsWith("HTTP/1.1 405 ").doesNotContain("secret");
    }

    @Test
    void http09IsRefused() throws IOException {
        assertThat(open(port).send("GET /\n\n").answer()).doesNotContain("<html", "Inventory").contains("\"status\":505");
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "127.0.0.1", "[::1]", "inventory-worker", "inventory-worker.shop.svc", "inventory-worker.shop.svc.cluster.local", "10.1.2.3"})
    void aNameThatNobodyElseCanHaveIsServed(String host) throws IOException {
        assertThat(request(port, "GET / HTTP/1.1\nHost: " + host + ":8080\n\n")).isEqualTo(200);
    }

    @Test
    void headersThatDoNotComeInTimeAreAnsweredWith408HoweverSteadilyTheyCome() {
        for (int on : new int[] {port, managementPort}) {
            RawHttp client = open(on);
            CompletableFuture<String> answer = CompletableFuture.supplyAsync(client::answer);
            await().pollInterval(Duration.ofMillis(200)).until(() -> {
                try {
                    client.send(answer.isDone() ? "" : "G");
                } catch (IOException e) {
                    // The server has closed it.
                }
                return answer.isDone();
            });
            assertProblem(answer.join(), 408, "slow headers");
        }
    }

    @Test
    void oneAddressHasHalfOfTheConnectionsAndAllOfThemAreNoMoreThanTheLimit() {
        IntStream.range(0, 120).forEach(i -> open(port));
        assertProblem(open(port).answer(), 429, "the 121st of an address");
        IntStream.range(0, 120).forEach(i -> opened.add(new RawHttp("127.0.0.2", port)));
        RawHttp another = new RawHttp("127.0.0.3", port);
        opened.add(another);
        assertProblem(another.answer(), 503, "the 241st");
        assertThat(management.get("health/liveness").statusCode()).as("the other port").isEqualTo(200);
    }

    @Test
    void requestsBeyondTheLimitAreRefusedAtOnceAndTheOthersAnswered(@Autowired NewTransaction transaction) {
        assertTwelveAtATimeAndTenOfAnAddress(transaction);
    }

    private void assertTwelveAtATimeAndTenOfAnAddress(NewTransaction transaction) {
        List<CompletableFuture<Integer>> answers = new ArrayList<>();
        transaction.executeWithoutResult(slowDatabase -> {
            jdbc.execute("LOCK TABLE inventory_orders IN ACCESS EXCLUSIVE MODE");
            for (int i = 0; i < 10; i++) {
                answers.add(ask("127.0.0.1"));
            }
            // Only these queries, not those of timers.
            await().until(() -> tables.count(WAITING + " AND query LIKE '%''reservations'', (%'") == 8);
            assertThat(status("127.0.0.1")).as("one more of this address").isEqualTo(429);
            List<CompletableFuture<Integer>> others = Stream.generate(() -> ask("127.0.0.2")).limit(3).toList();
            await().until(() -> others.stream().anyMatch(CompletableFuture::isDone));
            others.stream().filter(answer -> !answer.isDone()).forEach(answers::add);
            assertThat(others).filteredOn(CompletableFuture::isDone).singleElement().extracting(CompletableFuture::join)
                .as("two more, of any address").isEqualTo(503);
        });

        assertThat(answers).hasSize(12);
        assertThat(answers).allSatisfy(answer -> assertThat(answer.join()).as("no such order").isEqualTo(404));
    }

    @Test
    void oneAddressHasSoManyStreams() throws Exception {
        String listen = "GET /api/inventory/stream HTTP/1.1\nHost: localhost\n\n";
        assertThat(open(port).send(listen).readHead()).isEqualTo(200);
        assertThat(open(port).send(listen).readHead()).isEqualTo(200);
        assertProblem(open(port).send(listen).answer(), 429, "a third");
        RawHttp another = new RawHttp("127.0.0.2", port);
        opened.add(another);
        assertThat(another.send(listen).readHead()).as("from another address").isEqualTo(200);
        assertThat(IntStream.range(0, 12).map(i -> status("127.0.0.1"))).as("streams do not count as requests that wait for an answer").containsOnly(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/inventory.js", "/api/inventory/backlog", "/nothing"})
    void whatIsAnsweredIsKeptByNobodyAndShownToNoOtherSite(String path) throws IOException {
        assertThat(open(port).send("GET " + path + " HTTP/1.1\nHost: localhost\nOrigin: http://attacker.example.com\nConnection: close\n\n").answer())
            .contains("Cache-Control: no-store\r\n", "Cross-Origin-Resource-Policy: same-origin\r\n", "Cross-Origin-Opener-Policy: same-origin\r\n",
                "X-Content-Type-Options: nosniff\r\n", "Referrer-Policy: no-referrer\r\n", "Content-Security-Policy: default-src 'none'; "
                    + "script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
                    + "frame-ancestors 'none'\r\n")
            .doesNotContain("Access-Control-Allow", "ETag", "Server:");
    }

    @Test
    void aHundredQuestionsAtOnceAreAnsweredOrRefusedAndNoneWaitsInVain() throws Exception {
        tables.stock("limits", 1);
        List<CompletableFuture<Integer>> answers = IntStream.range(0, 100).mapToObj(i -> CompletableFuture.supplyAsync(
            () -> request(port, "GET /api/inventory/low-stock?threshold=2147483647&limit=1000 HTTP/1.1\nHost: localhost\n\n"))).toList();

        assertThat(answers).extracting(CompletableFuture::get).allMatch(List.of(200, 429, 503)::contains).contains(200);
    }

    @Test
    void clientsThatDoNotReadTheirAnswersCostTheOthersNothing() throws Exception {
        jdbc.update("INSERT INTO inventory (product_id, available_stock) SELECT repeat('limits', 20) || i, 1 FROM generate_series(1, 1000) AS i");
        for (int i = 0; i < 9; i++) {
            open(port).send("GET /api/inventory/stock?limit=1000 HTTP/1.1\nHost: localhost\n\n");
        }

        assertThat(status("127.0.0.2")).as("answered by one of the threads for database queries").isEqualTo(404);
    }

    @Test
    void anAnswerThatIsReadSlowlyIsCutOffAndFreesOnePlace(@Autowired NewTransaction transaction) throws Exception {
        long size = 32 * MEGABYTE;
        jdbc.update("INSERT INTO outbox (message_id, message_type, message_body, partition_key, published_at) SELECT gen_random_uuid(), "
            + "'limits', json_build_object('text', repeat('x', ?)), 'limits', now() FROM generate_series(1, 1000)", (int) (size / 1000));
        try {
            // 1 MB in a second; a connection may take three times the two seconds of its timeout.
            assertThat(open(port).send("GET /api/inventory/events?limit=1000 HTTP/1.1\nHost: localhost\n\n").readSlowly(100_000))
                .as("received bytes, including those from buffers").isBetween(1L, size / 2);
        } finally {
            jdbc.update("DELETE FROM outbox WHERE partition_key = 'limits'");
        }
        // The worker notices after a short time.
        await().untilAsserted(() -> assertTwelveAtATimeAndTenOfAnAddress(transaction));
    }

    @Test
    void aBodyThatComesByteByByteIsGivenUp() throws Exception {
        RawHttp client = open(managementPort).send("POST /actuator/operator/rebuild-summary HTTP/1.1\nHost: localhost\nAuthorization: Bearer "
            + OperatorTest.TOKEN + "\nContent-Type: application/json\nContent-Length: 60000\n\n");

        assertThat(CompletableFuture.supplyAsync(() -> client.dribble(" ")).get(60, TimeUnit.SECONDS)).as("no answer, or a refusal").isIn(0, 400);
    }

    @Test
    void anActionOfAnOperatorMayTakeLongerThanARequestMay(@Autowired NewTransaction transaction) throws Exception {
        CompletableFuture<Integer> answer = new CompletableFuture<>();
        transaction.executeWithoutResult(lock -> {
            tables.run("lock-summary");
            answer.completeAsync(() -> management.post("operator/rebuild-summary", OperatorTest.TOKEN, "{\"by\": \"jane\", \"reason\": \"a test\"}").statusCode());
            await().until(() -> tables.count(WAITING) >= 1);
            // More than three times the timeout.
            Timestamp begin = jdbc.queryForObject("SELECT now()", Timestamp.class);
            await().until(() -> jdbc.queryForObject("SELECT now() > CAST(? AS timestamptz) + interval '9 s'", Boolean.class, begin));
        });

        assertThat(answer.get()).isEqualTo(200);
    }

    private CompletableFuture<Integer> ask(String from) {
        return CompletableFuture.supplyAsync(() -> status(from));
    }

    private int status(String from) {
        try (RawHttp client = new RawHttp(from, port)) {
            return client.send("GET /api/inventory/orders/limits HTTP/1.1\nHost: localhost\n\n").status();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private RawHttp open(int on) {
        RawHttp client = new RawHttp(on);
        opened.add(client);
        return client;
    }

    private static int request(int port, String text) {
        try (RawHttp client = new RawHttp(port)) {
            return client.send(text).status();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void assertProblem(String answer, int status, String what) {
        assertThat(answer).as(what).startsWith("HTTP/1.1 " + status + " ").contains("Content-Type: application/problem+json")
            .contains("\"status\":" + status).doesNotContain("Tomcat", "Exception", "<html");
    }

    private static long spooled() throws IOException {
        long found = 0;
        for (File tomcat : new File(System.getProperty("java.io.tmpdir")).listFiles((in, name) -> name.startsWith("tomcat."))) {
            try (Stream<Path> files = Files.walk(tomcat.toPath())) {
                found += files.filter(file -> file.getFileName().toString().startsWith("upload_")).count();
            }
        }
        return found;
    }
}
