package ecommerce.inventory.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;

import java.util.List;

import ecommerce.inventory.servicebus.DeadLetterCounts;
import ecommerce.inventory.servicebus.ReceiverWatch;
import ecommerce.inventory.servicebus.UnroutedCounts;
import ecommerce.inventory.support.RouteTest;
import org.apache.camel.ProducerTemplate;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.context.bean.override.mockito.MockitoBean;

/** {@code watch-receivers.camel.yaml} and {@code count-dead-letters.camel.yaml}: after a failure they continue. */
@RouteTest(routes = {"receive/watch-receivers", "timers/count-dead-letters"})
class WatchReceiversRouteTest {

    @Autowired
    private ProducerTemplate sender;
    @MockitoBean
    private ReceiverWatch watch;
    @MockitoBean
    private DeadLetterCounts counts;
    @MockitoBean
    private UnroutedCounts unrouted;

    @Test
    void aFailureWaitsForTheClockToComeAgain() throws Exception {
        doThrow(new IllegalStateException("Service Bus is unavailable")).doNothing().when(watch).process(any());
        doThrow(new IllegalStateException("Service Bus is unavailable")).doNothing().when(counts).process(any());

        for (String route : List.of("watch-receivers", "count-dead-letters", "watch-receivers", "count-dead-letters")) {
            assertThat(sender.send("direct:" + route, exchange -> { }).getException()).isNull();
        }

        verify(watch, times(2)).process(any());
        verify(counts, times(2)).process(any());
        verify(unrouted).process(any());
    }
}
