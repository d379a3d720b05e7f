package ecommerce.inventory.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.Date;

import ecommerce.inventory.support.RouteTest;
import org.apache.camel.CamelContext;
import org.apache.camel.component.quartz.QuartzEndpoint;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.quartz.CronExpression;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.context.TestPropertySource;

@RouteTest(routes = "timers/expire-reservations", from = {})
@TestPropertySource(properties = "camel.component.quartz.auto-start-scheduler=false")
class ExpiryScheduleTest {

    @Autowired
    private CamelContext camel;

    @ParameterizedTest
    @CsvSource({"2026-11-20T17:54, 2026-11-20T17:55", "2026-11-20T17:56, 2026-11-23T08:00"})
    void reservationsExpireOnWorkingDaysOnly(LocalDateTime now, LocalDateTime next) throws Exception {
        QuartzEndpoint clock = (QuartzEndpoint) camel.getRoute("expire-reservations").getEndpoint();

        assertThat(new CronExpression(clock.getCron()).getNextValidTimeAfter(date(now))).isEqualTo(date(next));
    }

    private static Date date(LocalDateTime time) {
        return Date.from(time.atZone(ZoneId.systemDefault()).toInstant());
    }
}
