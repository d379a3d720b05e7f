package ecommerce.inventory.servicebus;

import org.apache.camel.CamelContext;

/**
 * Pauses and resumes what receives from Service Bus, in this instance. What is in work is finished first. A consumer is named
 * by the id of its route; one that is unknown is an {@link IllegalArgumentException}.
 */
public class ConsumerControl {

    private final CamelContext camel;

    public ConsumerControl(CamelContext camel) {
        this.camel = camel;
    }

    /** @return the status of the route, Suspended */
    public String pause(String source) throws Exception {
        camel.getRouteController().suspendRoute(Receivers.route(camel, source).getRouteId());
        return status(source);
    }

    /** @return the status of the route, Started */
    public String resume(String source) throws Exception {
        camel.getRouteController().resumeRoute(Receivers.route(camel, source).getRouteId());
        return status(source);
    }

    private String status(String source) {
        return camel.getRouteController().getRouteStatus(source).name();
    }
}
