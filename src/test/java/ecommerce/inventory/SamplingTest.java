package ecommerce.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceId;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.opentelemetry.sdk.trace.samplers.SamplingDecision;
import org.junit.jupiter.api.Test;
import org.springframework.boot.actuate.autoconfigure.tracing.TracingProperties;

/** Which traces are kept: a fixed share, whatever senders and clients request. */
class SamplingTest {

    private static final int TRACES = 10_000;
    private static final String SPAN = "00f067aa0ba902b7";

    @Test
    void ofTracesThatSendersKeepOnlyAPartIsKept() {
        assertThat(kept(0.1, SpanKind.CONSUMER, Parent.REMOTE_SAMPLED)).isBetween(800L, 1_200L);
        assertThat(kept(0.1, SpanKind.SERVER, Parent.REMOTE_SAMPLED)).isBetween(800L, 1_200L);
        assertThat(kept(0, SpanKind.CONSUMER, Parent.REMOTE_SAMPLED)).isZero();
        assertThat(kept(1, SpanKind.CONSUMER, Parent.REMOTE_SAMPLED)).isEqualTo(TRACES);
    }

    @Test
    void whatASenderDoesNotKeepIsNotKept() {
        assertThat(kept(1, SpanKind.CONSUMER, Parent.REMOTE_NOT_SAMPLED)).isZero();
    }

    @Test
    void ofTracesThatBeginHereTheSamePartIsKeptAndNoneThatTheClockStarts() {
        assertThat(kept(0.1, SpanKind.CONSUMER, Parent.NONE)).isEqualTo(kept(0.1, SpanKind.CONSUMER, Parent.REMOTE_SAMPLED));
        assertThat(kept(1, SpanKind.INTERNAL, Parent.NONE)).isZero();
    }

    @Test
    void aTraceThatIsKeptIsKeptWhole() {
        assertThat(kept(0.1, SpanKind.INTERNAL, Parent.LOCAL_SAMPLED)).isEqualTo(TRACES);
        assertThat(kept(0.1, SpanKind.PRODUCER, Parent.REMOTE_SAMPLED)).as("an event, whose trace was in the outbox")
            .isEqualTo(kept(0.1, SpanKind.CONSUMER, Parent.REMOTE_SAMPLED));
    }

    private enum Parent {
        NONE, LOCAL_SAMPLED, REMOTE_SAMPLED, REMOTE_NOT_SAMPLED;

        Context of(String trace) {
            TraceFlags flags = this == REMOTE_NOT_SAMPLED ? TraceFlags.getDefault() : TraceFlags.getSampled();
            SpanContext span = this == LOCAL_SAMPLED ? SpanContext.create(trace, SPAN, flags, TraceState.getDefault())
                : SpanContext.createFromRemoteParent(trace, SPAN, flags, TraceState.getDefault());
            return this == NONE ? Context.root() : Context.root().with(Span.wrap(span));
        }
    }

    private static long kept(double probability, SpanKind kind, Parent parent) {
        TracingProperties settings = new TracingProperties();
        settings.getSampling().setProbability((float) probability);
        Sampler sampler = new InventoryConfiguration().sampler(settings);
        // The same traces in each run.
        Random random = new Random(7);
        return Stream.generate(() -> TraceId.fromLongs(random.nextLong() | 1, random.nextLong())).limit(TRACES)
            .filter(trace -> sampler.shouldSample(parent.of(trace), trace, "name", kind, Attributes.empty(), List.of()).getDecision()
                == SamplingDecision.RECORD_AND_SAMPLE).count();
    }
}
