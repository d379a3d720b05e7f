package ecommerce.inventory.servicebus;

import org.apache.camel.CamelContext;

/**
 * Pauses and resumes receiving from Service Bus in this instance. Messages in flight are finished first. A consumer is named by the id
 * of its route; an unknown one causes an {@link IllegalArgumentException}.
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
