package ecommerce.inventory.routes;

import static ecommerce.inventory.support.Waiting.await;
import static org.apache.camel.component.azure.servicebus.ServiceBusConstants.CORRELATION_ID;
import static org.apache.camel.component.azure.servicebus.ServiceBusConstants.MESSAGE_ID;
import static org.apache.camel.component.azure.servicebus.ServiceBusConstants.SUBJECT;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;

import ecommerce.inventory.support.RouteTest;
import org.apache.camel.CamelContext;
import org.apache.camel.EndpointInject;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.mock.MockEndpoint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.test.context.TestPropertySource;

@RouteTest(routes = {"inbox/inbox", "inbox/audit"}, mock = {"direct:inbox-transaction", "seda:*", "sql:*"})
@ExtendWith(OutputCaptureExtension.class)
@TestPropertySource(properties = "logging.level.audit=INFO")
class AuditLogTest {

    @Autowired
    private CamelContext camel;
    @Autowired
    private ProducerTemplate sender;
    @EndpointInject("mock:direct:inbox-transaction")
    private MockEndpoint transaction;

    @Test
    void aMessageThatIsDoneIsAudited(CapturedOutput log) {
        String id = UUID.randomUUID().toString();

        receive(id, "{\"orderId\":\"order-1\"}");

        await().until(() -> log.getOut().contains("OrderCancelled " + id + " correlation checkout-7"));
    }

    @Test
    void aMessageThatIsInvalidIsNot(CapturedOutput log) {
        String id = UUID.randomUUID().toString();

        assertThat(receive(id, "{}").getException()).isNotNull();

        assertThat(log.getOut()).doesNotContain(id + " correlation");
    }

    private Exchange receive(String id, String body) {
        return sender.send("direct:inbox", exchange -> {
            exchange.setVariable("acceptedTypes", "OrderCancelled");
            exchange.getMessage().setBody(body.getBytes(StandardCharsets.UTF_8));
            exchange.getMessage().setHeaders(Map.of(SUBJECT, "OrderCancelled", MESSAGE_ID, id, CORRELATION_ID, "checkout-7"));
        });
    }
}
