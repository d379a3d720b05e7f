package ecommerce.inventory.routes;

import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import ecommerce.inventory.api.StockStream;
import ecommerce.inventory.support.RouteTest;
import org.apache.camel.EndpointInject;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.mock.MockEndpoint;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.test.annotation.DirtiesContext;

/** {@code stock-stream.camel.yaml}: when the table is read, and what is sent. */
@RouteTest(routes = "api/stock-stream", mock = "sql:*")
@DirtiesContext(classMode = DirtiesContext.ClassMode.AFTER_EACH_TEST_METHOD)
class StockStreamRouteTest {

    @Autowired
    private ProducerTemplate clock;
    @Autowired
    private StockStream stream;
    @EndpointInject("mock:sql:classpath:routes/api/query-stock-changes.sql")
    private MockEndpoint changes;

    @Test
    void nothingIsAskedWhileNobodyListens() throws Exception {
        changes.expectedMessageCount(0);

        clock.sendBody("direct:stock-stream", "");

        changes.assertIsSatisfied();
    }

    @Test
    void eachStateIsToldOnceAndTheOldestFirst() throws Exception {
        MockHttpServletResponse client = listen();
        changes.whenExchangeReceived(1, exchange -> exchange.getMessage().setBody(List.of(change("b", 2), change("a", 1))));
        changes.whenExchangeReceived(2, exchange -> exchange.getMessage().setBody(List.of(change("a", 2), change("b", 2))));

        clock.sendBody("direct:stock-stream", "");
        await().until(() -> client.getContentAsString().contains("b2"));
        clock.sendBody("direct:stock-stream", "");
        await().until(() -> client.getContentAsString().contains("a2"));

        assertThat(client.getContentAsString()).isEqualTo(
            "retry: 2000\n\nevent: stock\ndata: a1\n\nevent: stock\ndata: b2\n\nevent: stock\ndata: a2\n\n");
        assertThat(client.getContentType()).startsWith("text/event-stream");
    }

    @Test
    void itIsLookedAsFarBackAsTheLastLookAndFurtherHoweverLongAgoThatWas() throws Exception {
        listen();
        changes.whenAnyExchangeReceived(exchange -> exchange.getMessage().setBody(List.of()));

        clock.sendBody("direct:stock-stream", "");
        clock.sendBody("direct:stock-stream", "");

        assertThat(lookBack(0)).isEqualTo(15);
        assertThat(lookBack(1)).isGreaterThan(15);
    }

    @Test
    void whoCannotBeToldAllIsDisconnected() throws Exception {
        listen();
        changes.whenAnyExchangeReceived(exchange -> exchange.getMessage().setBody(
            IntStream.rangeClosed(0, 5000).mapToObj(i -> change("p" + i, 1)).toList()));

        clock.sendBody("direct:stock-stream", "");

        await().until(() -> !stream.isListenedTo());
    }

    @Test
    void aFailureEndsNeitherTheStreamNorTheClock() throws Exception {
        MockHttpServletResponse client = listen();
        changes.whenExchangeReceived(1, exchange -> {
            throw new IllegalStateException("database is unavailable");
        });
        changes.whenExchangeReceived(2, exchange -> exchange.getMessage().setBody(List.of(change("a", 1))));

        clock.sendBody("direct:stock-stream", "");
        clock.sendBody("direct:stock-stream", "");

        await().until(() -> client.getContentAsString().contains("data: a1"));
    }

    private MockHttpServletResponse listen() throws Exception {
        MockHttpServletRequest request = new MockHttpServletRequest("GET", "/api/inventory/stream");
        request.setAsyncSupported(true);
        MockHttpServletResponse response = new MockHttpServletResponse();
        stream.service(request, response);
        assertThat(stream.isListenedTo()).isTrue();
        return response;
    }

    private double lookBack(int look) {
        return changes.getReceivedExchanges().get(look).getVariable("lookBack", double.class);
    }

    private static Map<String, Object> change(String productId, int version) {
        return Map.of("productId", productId, "stock", productId + version);
    }
}
