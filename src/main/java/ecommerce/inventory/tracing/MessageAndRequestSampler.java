package ecommerce.inventory.tracing;

import java.util.List;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.opentelemetry.sdk.trace.samplers.SamplingResult;

/**
 * Samples a fraction of the traces that start here with a message or an HTTP request, and none that the clock starts: routes that poll
 * every second would make up most of the traces.
 */
public class MessageAndRequestSampler implements Sampler {

    private final Sampler part;

    /** @param probability 0 to 1 */
    public MessageAndRequestSampler(double probability) {
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
        return "MessageAndRequestSampler{" + part.getDescription() + "}";
    }
}
