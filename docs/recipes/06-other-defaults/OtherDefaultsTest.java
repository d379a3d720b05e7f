package ecommerce.inventory.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.Date;

import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.apache.camel.CamelContext;
import org.apache.camel.component.quartz.QuartzEndpoint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.quartz.CronExpression;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;

@WorkerTest
class OtherDefaultsTest {

    @Autowired
    private CamelContext camel;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;

    @ParameterizedTest
    @CsvSource({"2026-11-20T17:54, 2026-11-20T17:55", "2026-11-20T17:56, 2026-11-23T08:00"})
    void reservationsExpireOnWorkingDaysOnly(LocalDateTime now, LocalDateTime next) throws Exception {
        QuartzEndpoint clock = (QuartzEndpoint) camel.getRoute("expire-reservations").getEndpoint();

        assertThat(new CronExpression(clock.getCron()).getNextValidTimeAfter(date(now))).isEqualTo(date(next));
    }

    @Test
    void anOrderHasHalfAnHourAndAStatementWaitsTwoSecondsForALock() {
        shop.awaitQuiet(tables);
        tables.clear();
        tables.stock("a", 1);

        shop.send(ShopDriver.order("order-1", "1 a"));
        shop.awaitQuiet(tables);

        assertThat(tables.count("inventory_reservations WHERE expires_at - created_at = interval '30 minutes'")).isEqualTo(1);
        assertThat(jdbc.queryForObject("SHOW lock_timeout", String.class)).isEqualTo("2s");
    }

    private static Date date(LocalDateTime time) {
        return Date.from(time.atZone(ZoneId.systemDefault()).toInstant());
    }
}
