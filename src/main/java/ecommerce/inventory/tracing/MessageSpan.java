package ecommerce.inventory.tracing;

import ecommerce.inventory.failure.Failures;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;

/**
 * The span of a message in flight. It is current in the thread that made it until it is closed there, and log lines carry the message's
 * fields for that time: see {@link LogFields}.
 */
public final class MessageSpan implements AutoCloseable {

    private final Span span;
    private final Scope scope;

    MessageSpan(Span span, String messageId) {
        this.span = span;
        this.scope = span.makeCurrent();
        LogFields.put(messageId, null);
    }

    /** @param failure why the message failed; null if its transaction was rolled back without an exception */
    public void failed(Exception failure) {
        span.setAttribute("error.type", Failures.invalidMessage(failure).map(invalid -> invalid.reason().name())
            .orElseGet(() -> failure == null ? "_OTHER" : failure.getClass().getName()));
        span.setStatus(StatusCode.ERROR);
    }

    @Override
    public void close() {
        LogFields.clear();
        scope.close();
        span.end();
    }
}
