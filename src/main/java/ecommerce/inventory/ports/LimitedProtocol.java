package ecommerce.inventory.ports;

import java.time.Duration;

import org.apache.coyote.ContinueResponseTiming;
import org.apache.coyote.http11.Http11NioProtocol;

/** Tomcat's HTTP/1.1 with a {@link LimitedEndpoint}. Tomcat creates it by class name. */
public class LimitedProtocol extends Http11NioProtocol {

    public LimitedProtocol() {
        super(new LimitedEndpoint());
        // A client is not asked to send a body that will be refused.
        setContinueResponseTiming(ContinueResponseTiming.ON_REQUEST_BODY_READ.toString());
    }

    /**
     * @param connections open at the same time, of which one address may have half
     * @param timeout for the headers of a request, and for each pause while a client sends or receives
     */
    void limit(int connections, Duration timeout) {
        ((LimitedEndpoint) getEndpoint()).limit(connections);
        setConnectionTimeout((int) timeout.toMillis());
    }
}
