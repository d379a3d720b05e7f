package ecommerce.inventory.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;

import ecommerce.inventory.support.RouteTest;
import org.apache.camel.EndpointInject;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.mock.MockEndpoint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.test.context.TestPropertySource;

@RouteTest(routes = "handlers/reserve-inventory", mock = "sql:*")
@ExtendWith(OutputCaptureExtension.class)
@TestPropertySource(properties = {"logging.level.ecommerce=INFO", "logging.level.reserve-inventory=INFO"})
class LogOutcomeTest {

    @Autowired
    private ProducerTemplate sender;
    @EndpointInject("mock:sql:classpath:routes/handlers/reserve-inventory.sql")
    private MockEndpoint reserve;

    @Test
    void theOutcomeIsLoggedWithoutTheAddress(CapturedOutput log) {
        reserve.whenAnyExchangeReceived(exchange -> exchange.getMessage().setBody(
            List.of(Map.of("sourceMessageId", "m-1", "messageBody", "{}", "outcome", "Reserved"))));

        sender.sendBody("direct:OrderCreated",
            List.of(Map.of("sourceMessageId", "m-1", "messageBody", "{\"orderId\":\"order-1\",\"shippingAddress\":{\"street\":\"123 Main St\"}}")));

        assertThat(log).contains("OrderCreated m-1: Reserved").doesNotContain("Main St");
    }
}
