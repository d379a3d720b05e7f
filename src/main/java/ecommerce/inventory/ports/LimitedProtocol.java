package ecommerce.inventory.ports;

import java.time.Duration;

import org.apache.coyote.ContinueResponseTiming;
import org.apache.coyote.http11.Http11NioProtocol;

/** Tomcat's HTTP/1.1 with a {@link LimitedEndpoint}. Tomcat makes it by its class name. */
public class LimitedProtocol extends Http11NioProtocol {

    public LimitedProtocol() {
        super(new LimitedEndpoint());
        // Nobody is asked for a body that is refused.
        setContinueResponseTiming(ContinueResponseTiming.ON_REQUEST_BODY_READ.toString());
    }

    /**
     * @param connections at a time, of which one address may have half
     * @param timeout     for the headers of a request, and for each pause of a client that sends or receives
     */
    void limit(int connections, Duration timeout) {
        ((LimitedEndpoint) getEndpoint()).limit(connections);
        setConnectionTimeout((int) timeout.toMillis());
    }
}
