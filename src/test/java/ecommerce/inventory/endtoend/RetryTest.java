package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.apache.camel.CamelContext;
import org.apache.camel.builder.AdviceWith;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.dao.CannotAcquireLockException;
import org.springframework.jdbc.core.JdbcTemplate;
import servicebus.EmbeddedServiceBus;

/** A transaction that fails in the middle is rolled back and retried as a whole. */
@Tag("plain-camel")
@WorkerTest
class RetryTest {

    @Autowired
    private CamelContext camel;
    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;
    private final AtomicInteger tries = new AtomicInteger();

    @BeforeEach
    void someStock() {
        tables.clear();
        tables.stock("a", 10);
    }

    @AfterEach
    void withoutFault() throws Exception {
        AdviceWith.adviceWith(camel, "reserve-inventory", route -> route.weaveById("fault").remove());
    }

    @Test
    void aLockThatIsNotHadInTimeIsTriedAgainFromOutsideTheTransaction() throws Exception {
        afterTheReservation(route -> {
            if (tries.incrementAndGet() <= 3) {
                throw new CannotAcquireLockException("Not now");
            }
        });
        orderIsReservedInOneDelivery();
        assertThat(tries).hasValue(4);
    }

    @Test
    void aConnectionThatIsLostInTheTransactionIsNoLostMessage() throws Exception {
        afterTheReservation(route -> {
            if (tries.incrementAndGet() <= 2) {
                jdbc.queryForObject("SELECT pg_terminate_backend(pg_backend_pid())", Boolean.class);
            }
        });
        orderIsReservedInOneDelivery();
        assertThat(tries).hasValue(3);
    }

    private void orderIsReservedInOneDelivery() {
        var before = bus.counts(ShopDriver.SUBSCRIPTION);
        shop.send(order("order-1", "2 a"));
        await().until(() -> bus.counts(ShopDriver.SUBSCRIPTION).completed() == before.completed() + 1);
        shop.awaitQuiet(tables);

        assertThat(tables.stockOf("a")).as("once").isEqualTo("8 available, 2 reserved, version 2");
        assertThat(List.of(tables.count("inbox"), tables.count("inventory_orders"), tables.count("inventory_reservations"), tables.count("outbox")))
            .as("one row in each table").containsOnly(1L);
        var after = bus.counts(ShopDriver.SUBSCRIPTION);
        assertThat(List.of(after.abandoned(), after.expiredLocks(), after.deadLetteredTotal())).as("no delivery attempt used up")
            .containsExactly(before.abandoned(), before.expiredLocks(), before.deadLetteredTotal());
    }

    private void afterTheReservation(org.apache.camel.Processor fault) throws Exception {
        AdviceWith.adviceWith(camel, "reserve-inventory", route -> route.weaveById("short").before().process(fault).id("fault"));
    }
}
