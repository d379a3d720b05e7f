package ecommerce.inventory.tracing;

import java.util.List;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.opentelemetry.sdk.trace.samplers.SamplingResult;

/**
 * Of traces that begin here keeps a part of those of messages and HTTP requests, and none of what the clock starts: routes that
 * look for something to do every second would be most of all traces.
 */
public class MessagesAndRequests implements Sampler {

    private final Sampler part;

    /** @param probability 0 to 1 */
    public MessagesAndRequests(double probability) {
        this.part = Sampler.traceIdRatioBased(probability);
    }

    @Override
    public SamplingResult shouldSample(Context parent, String traceId, String name, SpanKind kind, Attributes attributes,
                                       List<LinkData> links) {
        boolean fromOutside = kind == SpanKind.CONSUMER || kind == SpanKind.SERVER;
        return (fromOutside ? part : Sampler.alwaysOff()).shouldSample(parent, traceId, name, kind, attributes, links);
    }

    @Override
    public String getDescription() {
        return "MessagesAndRequests{" + part.getDescription() + "}";
    }
}
