package bench.plain;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.UUID;

import com.azure.messaging.servicebus.ServiceBusErrorContext;
import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.azure.messaging.servicebus.ServiceBusReceivedMessageContext;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Receives orders from Service Bus. The SDK completes a handled message, and abandons it after a failure. */
class OrderListener {

    private static final Logger LOG = LoggerFactory.getLogger(OrderListener.class);

    private final ReservationService reservations;
    private final ObjectMapper json;

    OrderListener(ReservationService reservations, ObjectMapper json) {
        this.reservations = reservations;
        this.json = json;
    }

    void onMessage(ServiceBusReceivedMessageContext context) {
        ServiceBusReceivedMessage message = context.getMessage();
        String body = message.getBody().toString();
        OrderCreated order;
        try {
            order = json.readValue(body, OrderCreated.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        reservations.reserve(UUID.fromString(message.getMessageId()), message.getCorrelationId(), body, order);
    }

    void onError(ServiceBusErrorContext context) {
        LOG.warn("{}", context.getErrorSource(), context.getException());
    }
}
