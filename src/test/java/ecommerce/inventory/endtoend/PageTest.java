package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.about;
import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.Browser;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.Worker;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.logging.LogType;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import servicebus.EmbeddedServiceBus;

/** The worker's page, in a browser. */
class PageTest {

    private static final String HOSTILE = "<img src=x onerror=document.title='broken'>";

    @TempDir(cleanup = CleanupMode.NEVER)
    private Path profile;
    private String database;
    private int port;
    private JdbcTemplate jdbc;
    private Tables tables;
    private EmbeddedServiceBus bus;
    private ShopDriver shop;
    private ConfigurableApplicationContext worker;
    private ChromeDriver browser;

    @BeforeEach
    void openThePage() throws IOException {
        browser = Browser.start(profile);
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        database = Backend.createDatabase();
        jdbc = new JdbcTemplate(DataSourceBuilder.create().url(database).username("postgres").build());
        tables = new Tables(jdbc);
        bus = Backend.startBus(null);
        shop = new ShopDriver(bus);
        startWorker();
        browser.get("http://localhost:" + port + "/");
        awaitText("#connection", "Live");
    }

    @AfterEach
    void close() {
        if (browser != null) {
            browser.quit();
        }
        if (worker != null) {
            worker.close();
            shop.destroy();
        }
    }

    @Test
    void whatHappensIsSeenAsItHappens() {
        awaitText("#no-products", "There are no products yet. A RestockInventory command makes one.");
        awaitText("#no-events", "Nothing has happened yet. Send an order to see it here.");
        awaitText("#no-dead-messages", "Nothing was given up.");

        shop.command("RestockInventory", "{\"productId\": \"prod-456\", \"quantityToAdd\": 100}");
        awaitText("#products", "prod-456\n100 0 0");
        shop.send(order("order-1", "37 prod-456"));
        awaitText("#products", "prod-456\n63 37 0");
        await().untilAsserted(() -> assertThat(text("#events")).contains("Reserved", "37 of prod-456 for order order-1, 63 remain", "Restocked"));
        assertThat(width("rect.reserved") / width("rect.available")).as("bars").isBetween(0.56, 0.62);
        shop.sendPayments(about("order-1", "PaymentProcessed", "Captured"));
        awaitText("#products", "prod-456\n63 0 37");

        assertThat(width("rect.committed") / width("rect.available")).as("bars").isBetween(0.56, 0.62);
        assertThat(width("rect.reserved")).isZero();
        assertNoTrouble();
    }

    @Test
    void whatWaitsAndWhatIsDeadIsShownWithItsReason() {
        jdbc.update("INSERT INTO inbox (message_id, message_type, message_body, dead_at, error_message, partition_key, retry_count) "
            + "VALUES (gen_random_uuid(), 'OrderCreated', '{}', now() - interval '2 h', ?, 'order-9', 10)", HOSTILE);
        browser.navigate().refresh();

        await().untilAsserted(() -> assertThat(text("#dead")).contains("1 given up", "first 2 h ago"));
        await().untilAsserted(() -> assertThat(text("#dead-messages")).contains("OrderCreated", "order-9, after 10 attempts", HOSTILE));
        assertNoTrouble();
    }

    @Test
    void whatIsDeadLetteredIsGivenUpAsWellAndWhatIsNotKnownIsNotNothing() {
        awaitText("#no-dead-messages", "Nothing was given up.");
        bus.refuseReceivers("payments/Subscriptions/inventory/$DeadLetterQueue", "amqp:unauthorized-access", "Unauthorized access.");
        await().untilAsserted(() -> assertThat(text("#dead-letters")).isEqualTo("payments-subscription\nIts dead-letter queue cannot be read."));
        await().untilAsserted(() -> assertThat(text("#dead")).contains("0 given up", "dead letters not known"));
        assertThat(text("#no-dead-messages")).isEmpty();

        shop.send(ShopDriver.orderCreated("no JSON"), ShopDriver.orderCreated("[]"));
        bus.acceptReceivers("payments/Subscriptions/inventory/$DeadLetterQueue");
        await().untilAsserted(() -> assertThat(text("#dead")).contains("2 given up", "2 dead-lettered"));
        awaitText("#dead-letters", "orders-subscription\n2 in its dead-letter queue");
        assertThat(text("#no-dead-messages")).isEmpty();
        assertNoTrouble();
    }

    @Test
    void anOrderThatWaitsForItsOrderCreatedIsShown() {
        jdbc.update("INSERT INTO inventory_orders (order_id, status, created_at) VALUES ('order-7', 'Paid', now() - interval '3 h')");

        await().untilAsserted(() -> assertThat(text("#orders")).contains("1 without OrderCreated", "oldest 3 h"));
        assertNoTrouble();
    }

    @Test
    void textOfAStrangerIsText() {
        tables.stock(HOSTILE, 5);
        browser.findElement(By.id("prefix")).sendKeys("<img");
        awaitText("#products", HOSTILE + "\n5 0 0");
        browser.findElement(By.id("prefix")).sendKeys("%");
        awaitText("#no-products", "No product id begins with “<img%”.");

        assertThat(browser.findElements(By.tagName("img"))).isEmpty();
        assertThat(browser.getTitle()).isEqualTo("Inventory");
        assertNoTrouble();
    }

    @Test
    void itFitsOnAPhone() {
        tables.stock("a-very-long-product-id-" + "x".repeat(200), 5);
        browser.executeCdpCommand("Emulation.setDeviceMetricsOverride",
            Map.of("width", 390, "height", 844, "deviceScaleFactor", 1, "mobile", true));
        browser.navigate().refresh();

        await().untilAsserted(() -> assertThat(text("#products")).startsWith("a-very-long"));
        assertThat(browser.executeScript("return document.documentElement.scrollWidth")).isEqualTo(390L);
        assertThat(browser.executeScript("return Array.from(document.querySelectorAll('td.number'), cell => getComputedStyle(cell, '::after').content)"))
            .as("column names, where no heading is visible").isEqualTo(List.of("\"available\"", "\"reserved\"", "\"committed\""));
        assertNoTrouble();
    }

    @Test
    void aWorkerThatIsGoneIsToldAndTakenUpAgainWhenItIsBack() {
        tables.stock("a", 5);
        tables.stock("ab", 5);
        browser.findElement(By.id("prefix")).sendKeys("a");
        awaitText("#products", "a\n5 0 0\nab\n5 0 0");

        worker.close();
        awaitText("#connection", "Not live, reconnecting …");
        awaitText("#trouble", "The worker cannot be reached. The page may show old data; it tries again.");
        assertThat(text("#products")).as("the last known stock stays").isEqualTo("a\n5 0 0\nab\n5 0 0");
        jdbc.update("UPDATE inventory SET available_stock = 4, version = 2, last_updated = now() WHERE product_id = 'a'");
        jdbc.update("INSERT INTO inventory_summary (product_id, total_committed_quantity, folded_at) VALUES ('ab', 2, now() - interval '1 min')");
        startWorker();

        awaitText("#connection", "Live");
        awaitText("#products", "a\n4 0 0\nab\n5 0 2");
        await().until(() -> !browser.findElement(By.id("trouble")).isDisplayed());
    }

    @Test
    @EnabledIfSystemProperty(named = "update", matches = ".*", disabledReason = "Takes the screenshot in the README")
    void itsPictureIsTaken() throws IOException {
        for (String product : List.of("apron", "bottle", "candle", "kettle", "lamp", "mug", "teapot")) {
            shop.command("RestockInventory", "{\"productId\": \"" + product + "\", \"quantityToAdd\": " + (40 + 7 * product.length()) + "}");
        }
        shop.awaitQuiet(tables);
        shop.send(order("order-1001", "12 mug", "1 teapot"), order("order-1002", "25 bottle"), order("order-1003", "30 lamp"),
            order("order-1004", "16 kettle", "4 candle"), order("order-1005", "400 apron"), order("order-1006", "60 teapot"));
        shop.awaitQuiet(tables);
        shop.sendPayments(about("order-1002", "PaymentProcessed", "Captured"), about("order-1004", "PaymentProcessed", "Captured"));
        browser.manage().window().setSize(new Dimension(1200, 1000));
        await().untilAsserted(() -> assertThat(text("#events")).contains("Insufficient", "Committed"));
        await().untilAsserted(() -> assertThat(text("#products")).contains("bottle\n57 0 25", "teapot\n21 61 0"));

        Files.write(Path.of("docs", "page.png"), browser.getScreenshotAs(OutputType.BYTES));
    }

    private void startWorker() {
        worker = Worker.start(database, bus, "server.port=" + port, "inventory.receivers.watch-schedule=* * * * * ?");
    }

    private void awaitText(String selector, String text) {
        await().untilAsserted(() -> assertThat(text(selector)).isEqualTo(text));
    }

    private String text(String selector) {
        return browser.findElement(By.cssSelector(selector)).getText();
    }

    private double width(String selector) {
        WebElement element = browser.findElement(By.cssSelector(selector));
        return ((Number) browser.executeScript("return arguments[0].getBoundingClientRect().width", element)).doubleValue();
    }

    private void assertNoTrouble() {
        assertThat(browser.findElement(By.id("trouble")).isDisplayed()).isFalse();
        assertThat(List.copyOf(browser.manage().logs().get(LogType.BROWSER).getAll())).as("console, including violations of the content security policy").isEmpty();
    }
}
