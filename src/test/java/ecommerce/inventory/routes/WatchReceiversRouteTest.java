package ecommerce.inventory.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;

import ecommerce.inventory.messaging.ReceiverWatch;
import ecommerce.inventory.support.RouteTest;
import org.apache.camel.CamelContext;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.AdviceWith;
import org.apache.camel.test.spring.junit5.UseAdviceWith;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.context.TestPropertySource;
import org.springframework.test.context.bean.override.mockito.MockitoBean;

/** {@code watch-receivers.camel.yaml}: a look that fails is not the last. */
@RouteTest
@UseAdviceWith
@TestPropertySource(properties = "camel.main.routes-include-pattern=classpath:routes/watch-receivers.camel.yaml")
class WatchReceiversRouteTest {

    @Autowired
    private CamelContext camel;
    @Autowired
    private ProducerTemplate sender;
    @MockitoBean
    private ReceiverWatch watch;

    @Test
    void aFailureWaitsForTheClockToComeAgain() throws Exception {
        AdviceWith.adviceWith(camel, "watch-receivers", route -> route.replaceFromWith("direct:clock"));
        camel.start();
        doThrow(new IllegalStateException("Service Bus is away")).doNothing().when(watch).process(any());

        assertThat(sender.send("direct:clock", exchange -> { }).getException()).isNull();
        assertThat(sender.send("direct:clock", exchange -> { }).getException()).isNull();

        verify(watch, times(2)).process(any());
    }
}
