package ecommerce.inventory.tracing;

import java.sql.Timestamp;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import org.apache.camel.Message;

/**
 * Makes the spans that Camel does not: of a message, from its receipt to its settlement; and of an event, its wait in the outbox and
 * its publication. So one trace leads from the sender of a message to the receivers of the events that it caused. Names and attributes
 * are those of OpenTelemetry's semantic conventions for messaging and Azure Service Bus.
 */
public class MessageTracer {

    private static final TextMapPropagator W3C = W3CTraceContextPropagator.getInstance();
    private static final String TRACEPARENT = "traceparent";
    private static final String TRACESTATE = "tracestate";
    /** Characters that W3C Trace Context requires everybody to pass on; a longer value may be dropped. */
    private static final int MAX_TRACESTATE = 512;
    /** The Azure SDKs' name for traceparent; some set only this one. */
    private static final String DIAGNOSTIC_ID = "Diagnostic-Id";

    private static final TextMapGetter<Map<String, ?>> PROPERTIES = new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(Map<String, ?> properties) {
            return properties.keySet();
        }

        @Override
        public String get(Map<String, ?> properties, String key) {
            Object value = properties.get(key);
            if (value == null && TRACEPARENT.equals(key)) {
                value = properties.get(DIAGNOSTIC_ID);
            }
            // Checked before it is parsed, which takes long for a long value.
            return value instanceof String text && !(TRACESTATE.equals(key) && text.length() > MAX_TRACESTATE) ? text : null;
        }
    };

    private final Tracer tracer;

    public MessageTracer(OpenTelemetry telemetry) {
        this.tracer = telemetry.getTracer("ecommerce.inventory");
    }

    /**
     * Starts the span of a message, as a child of its sender's span if the message carries one, and makes it current.
     *
     * @param source the queue or subscription
     */
    public MessageSpan receive(String source, ServiceBusReceivedMessage message) {
        SpanBuilder span = span("process", source, SpanKind.CONSUMER)
            .setParent(W3C.extract(Context.root(), message.getApplicationProperties(), PROPERTIES))
            .setAttribute("messaging.servicebus.message.delivery_count", message.getDeliveryCount() + 1);
        if (message.getMessageId() != null) {
            span.setAttribute("messaging.message.id", message.getMessageId());
        }
        if (message.getEnqueuedTime() != null) {
            span.setAttribute("messaging.servicebus.message.enqueued_time", message.getEnqueuedTime().toEpochSecond());
        }
        return new MessageSpan(span.startSpan(), message.getMessageId());
    }

    /** The current span in W3C notation: {@code traceparent}, and {@code tracestate} if the sender set one; empty without a span. */
    public static Map<String, String> context() {
        return context(Context.current());
    }

    private static Map<String, String> context(Context context) {
        Map<String, String> properties = new HashMap<>();
        W3C.inject(context, properties, Map::put);
        return properties;
    }

    /** Makes the current span the parent of the spans that Camel's tracer makes. */
    public static void exposeToCamel(Message message) {
        W3C.inject(Context.current(), message, Message::setHeader);
    }

    /**
     * Starts the span of a publication.
     *
     * @param event a row of {@code claim-outbox.sql}; without traceparent it belongs to no trace
     */
    public Publication startPublication(String topic, Map<String, Object> event) {
        Context cause = W3C.extract(Context.root(), event, PROPERTIES);
        if (!Span.fromContext(cause).getSpanContext().isValid()) {
            return new Publication(cause, Span.getInvalid(), null);
        }
        Span span = span("send", topic, SpanKind.PRODUCER)
            .setParent(cause)
            .setAttribute("messaging.message.id", event.get("message_id").toString())
            .startSpan();
        return new Publication(cause, span, ((Timestamp) event.get("created_at")).toInstant());
    }

    private SpanBuilder span(String operation, String destination, SpanKind kind) {
        return tracer.spanBuilder(operation + " " + destination)
            .setSpanKind(kind)
            .setAttribute("messaging.system", "servicebus")
            .setAttribute("messaging.operation.type", operation)
            .setAttribute("messaging.destination.name", destination);
    }

    /** One attempt to publish an event. If the broker never answers, it leaves no span: the relay may repeat it many times. */
    public final class Publication {

        private final Context cause;
        private final Span span;
        private final Instant created;
        private final Instant claimed = Instant.now();

        private Publication(Context cause, Span span, Instant created) {
            this.cause = cause;
            this.span = span;
            this.created = created;
        }

        /** Application properties with which a receiver continues the trace; empty if the event belongs to no trace. */
        public Map<String, String> context() {
            return MessageTracer.context(cause.with(span));
        }

        public void acknowledged() {
            if (created != null) {
                tracer.spanBuilder("wait in outbox").setParent(cause).setStartTimestamp(created).startSpan()
                    .end(claimed.isBefore(created) ? created : claimed);
            }
            span.end();
        }

        /** @param why the broker refused it */
        public void refused(String why) {
            span.setStatus(StatusCode.ERROR, why);
            span.end();
        }
    }
}
