package ecommerce.inventory.tracing;

import ecommerce.inventory.failure.Failures;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;

/**
 * The span of a message in work, current in the thread that made it until it is closed there. All that time lines of the log
 * carry the message's fields: see {@link LogFields}.
 */
public final class MessageSpan implements AutoCloseable {

    private final Span span;
    private final Scope scope;

    MessageSpan(Span span, String messageId) {
        this.span = span;
        this.scope = span.makeCurrent();
        LogFields.put(messageId, null);
    }

    /** @param failure what the message failed with; null if its transaction was rolled back without one */
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
