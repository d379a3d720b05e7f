package ecommerce.inventory.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;

import ecommerce.inventory.support.RouteTest;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.EndpointInject;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.mock.MockEndpoint;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

/** {@code measure.camel.yaml}: the gauges show the result of the query. */
@RouteTest(routes = "timers/measure", mock = "sql:*")
class MeasureRouteTest {

    @Autowired
    private ProducerTemplate sender;
    @Autowired
    private MeterRegistry registry;
    @EndpointInject("mock:sql:classpath:routes/timers/measure.sql")
    private MockEndpoint measure;

    @Test
    void theGaugesKeepWhatWasMeasuredLast() {
        measure.whenExchangeReceived(1, exchange -> exchange.getMessage().setBody(Map.of("inventory.outbox.pending", 7L)));
        measure.whenExchangeReceived(2, exchange -> exchange.getMessage().setBody(Map.of("inventory.outbox.pending", 5L)));
        measure.whenExchangeReceived(3, exchange -> {
            throw new IllegalStateException("database is unavailable");
        });

        clock();
        assertThat(gauge("inventory.outbox.pending")).isEqualTo(7);
        clock();
        assertThat(gauge("inventory.outbox.pending")).isEqualTo(5);
        double age = gauge("inventory.measurement.age");
        clock();
        assertThat(gauge("inventory.outbox.pending")).isEqualTo(5);
        assertThat(gauge("inventory.measurement.age")).as("the age of the measurement grows").isGreaterThanOrEqualTo(age);
    }

    @Test
    void whatWasNotMeasuredIsNoNumber() {
        assertThat(gauge("inventory.inbox.dead")).isNaN();
    }

    private double gauge(String name) {
        return registry.get(name).gauge().value();
    }

    private void clock() {
        assertThat(sender.send("direct:measure", exchange -> { }).getException()).isNull();
    }
}
