package ecommerce.inventory.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;

import ecommerce.inventory.support.RouteTest;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.EndpointInject;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.mock.MockEndpoint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.boot.actuate.health.Status;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** {@code check-invariants.camel.yaml}: violations are reported as a metric, in the health and in the log. */
@RouteTest(routes = "timers/check-invariants", mock = "sql:*")
@ExtendWith(OutputCaptureExtension.class)
class CheckInvariantsRouteTest {

    @Autowired
    private ProducerTemplate sender;
    @Autowired
    private MeterRegistry registry;
    @Autowired
    private HealthIndicator invariantsHealthIndicator;
    @EndpointInject("mock:sql:classpath:routes/timers/check-invariants.sql")
    private MockEndpoint check;

    @Test
    void whatIsFoundIsToldUntilItIsMended(CapturedOutput output) throws Exception {
        check.whenExchangeReceived(1, exchange -> exchange.getMessage().setBody(
            List.of(Map.of("invariant", "reserved-stock", "subject", "prod-456", "found", 3, "expected", 2))));
        check.whenExchangeReceived(2, exchange -> exchange.getMessage().setBody(List.of()));
        assertThat(invariantsHealthIndicator.health().getStatus()).isEqualTo(Status.UNKNOWN);
        assertThat(violations("reserved-stock")).isNaN();

        clock();
        assertThat(violations("reserved-stock")).isEqualTo(1);
        for (String invariant : List.of("negative-stock", "read-model", "accounted-stock", "order-status")) {
            assertThat(violations(invariant)).as(invariant).isZero();
        }
        assertThat(invariantsHealthIndicator.health().getStatus()).isEqualTo(Status.DOWN);
        assertThat(invariantsHealthIndicator.health().getDetails()).asString().contains("prod-456");
        assertThat(output).contains("Invariant reserved-stock is violated for product prod-456: 3 instead of 2");

        clock();
        assertThat(violations("reserved-stock")).isZero();
        assertThat(invariantsHealthIndicator.health().getStatus()).isEqualTo(Status.UP);
    }

    private double violations(String invariant) {
        return registry.get("inventory.invariant.violations").tag("invariant", invariant).gauge().value();
    }

    private void clock() {
        assertThat(sender.send("direct:check-invariants", exchange -> { }).getException()).isNull();
    }
}
