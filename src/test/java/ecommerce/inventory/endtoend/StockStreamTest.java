package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.about;
import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import com.fasterxml.jackson.databind.JsonNode;
import ecommerce.inventory.api.StockStream;
import ecommerce.inventory.support.Api;
import ecommerce.inventory.support.NewTransaction;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.Worker;
import ecommerce.inventory.support.WorkerTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.TestPropertySource;
import servicebus.EmbeddedServiceBus;

/** The stream of stock changes: what it sends, to which listeners, and that it does not slow down other requests. */
@WorkerTest
@Import(NewTransaction.class)
@TestPropertySource(properties = {"inventory.stream.max-clients=3", "inventory.stream.heartbeat=PT0.1S"})
class StockStreamTest {

    @LocalServerPort
    private int port;
    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;
    @Autowired
    private StockStream stream;
    private final List<AutoCloseable> opened = new ArrayList<>();
    private Api api;

    @BeforeEach
    void oneProduct() {
        api = new Api(port);
        shop.awaitQuiet(tables);
        tables.clear();
        bus.purge();
        tables.stock("ü", 10);
    }

    @AfterEach
    void closeStreams() throws Exception {
        for (AutoCloseable connection : opened) {
            connection.close();
        }
        await().until(() -> !stream.isListenedTo());
    }

    @Test
    void aChangeIsToldAsItIsInTheTable() throws Exception {
        Api.Stream client = listen(api);

        shop.send(order("order-1", "3 ü"));

        awaitVersion(client, "ü", 2);
        await().untilAsserted(() -> assertThat(client.last("ü")).isEqualTo(api.get("/stock/%C3%BC", "Stock")));
        await().until(() -> client.lines().contains(":"));
    }

    @Test
    void aSaleIsToldAgainWhenTheReadModelHasItHoweverLate(@Autowired NewTransaction transaction) throws Exception {
        Api.Stream client = listen(api);
        shop.send(order("order-1", "3 ü"));
        awaitVersion(client, "ü", 2);

        transaction.executeWithoutResult(slowFold -> {
            tables.run("lock-summary");
            shop.sendPayments(about("order-1", "PaymentProcessed", "Captured"));
            awaitVersion(client, "ü", 3);
            assertThat(client.last("ü").get("committedStock").intValue()).as("the sale is not in the read model yet").isZero();
            transaction.executeWithoutResult(later -> jdbc.update("UPDATE inventory SET last_updated = last_updated - interval '1 h'"));
        });

        await().untilAsserted(() -> assertThat(client.last("ü").get("committedStock").intValue()).isEqualTo(3));
        assertThat(client.last("ü").get("version").intValue()).isEqualTo(3);
    }

    @Test
    void aChangeIsToldThatWasCommittedAsLongAfterItAsATransactionMayTake() throws Exception {
        Api.Stream client = listen(api);
        jdbc.update("UPDATE inventory SET version = 2, last_updated = clock_timestamp()");
        awaitVersion(client, "ü", 2);

        jdbc.update("UPDATE inventory SET version = 3, last_updated = clock_timestamp() - interval '13 s'");

        awaitVersion(client, "ü", 3);
    }

    @Test
    void moreChangesAtOnceThanCanBeToldDisconnectTheListener() throws Exception {
        Api.Stream client = listen(api);

        jdbc.update("INSERT INTO inventory (product_id, available_stock) SELECT 'p' || i, 1 FROM generate_series(1, 5000) AS i");

        await().untilAsserted(() -> assertThat(client.lines()).contains("end"));
        assertThat(listen(api).status()).as("when it is back").isEqualTo(200);
    }

    @Test
    void whatAnotherWorkerChangesIsToldToo(@Autowired Environment environment) throws Exception {
        try (ConfigurableApplicationContext other = Worker.start(environment.getProperty("spring.datasource.url"), bus)) {
            Api.Stream here = listen(api);
            Api.Stream there = listen(new Api(other.getEnvironment().getProperty("local.server.port", Integer.class)));

            shop.send(order("order-1", "1 ü"), order("order-2", "1 ü"), order("order-3", "1 ü"));

            for (Api.Stream client : List.of(here, there)) {
                awaitVersion(client, "ü", 4);
            }
        }
    }

    @Test
    void oneMoreThanTheWorkerTakesIsRefusedUntilOneIsGone() throws Exception {
        Api.Stream first = listen(api);
        listen(api);
        listen(api);

        Api.Stream oneMore = api.listen();
        opened.add(oneMore);
        assertThat(oneMore.status()).isEqualTo(503);
        assertThat(api.problem(503, "/stream").get("detail").textValue()).contains("as many listeners as this worker takes");

        first.close();
        await().until(() -> {
            Api.Stream another = api.listen();
            opened.add(another);
            return another.status() == 200;
        });
    }

    @Test
    void oneThatDoesNotReadCostsTheOthersNothing() throws Exception {
        jdbc.update("INSERT INTO inventory (product_id, available_stock) SELECT repeat('p', 200) || i, 1 FROM generate_series(1, 4999) AS i");
        String last = jdbc.queryForObject("SELECT max(product_id COLLATE \"C\") FROM inventory WHERE product_id LIKE 'p%'", String.class);
        Socket slow = new Socket();
        slow.setReceiveBufferSize(1024);
        slow.connect(new InetSocketAddress("localhost", port));
        opened.add(slow);
        slow.getOutputStream().write("GET /api/inventory/stream HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        Api.Stream quick = listen(api);

        for (int version = 2; version <= 8; version++) {
            jdbc.update("UPDATE inventory SET version = version + 1, last_updated = clock_timestamp()");
            for (String product : List.of("ü", last)) {
                awaitVersion(quick, product, version);
            }
        }
    }

    private Api.Stream listen(Api of) {
        Api.Stream client = of.listen();
        opened.add(client);
        assertThat(client.status()).isEqualTo(200);
        await().until(() -> client.lines().contains("retry: 2000"));
        return client;
    }

    private static void awaitVersion(Api.Stream client, String productId, int version) {
        await().untilAsserted(() -> assertThat((Object) client.last(productId)).as("last of %s, %s", productId, client)
            .isInstanceOfSatisfying(JsonNode.class, stock -> assertThat(stock.get("version").intValue()).isEqualTo(version)));
    }
}
