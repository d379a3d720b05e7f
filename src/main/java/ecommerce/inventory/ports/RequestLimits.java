package ecommerce.inventory.ports;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;

import ecommerce.inventory.settings.InventoryProperties;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.apache.coyote.ActionCode;
import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.http.HttpStatus;

/**
 * Refuses requests before anything of their bodies is read: those that are not HTTP/1.0 or 1.1, with a method that nothing here
 * supports, with a body that is too large or of unknown length, for another host, with an encoded slash where no id is, those beyond
 * the limits, and queries while the routes are not started.
 */
class RequestLimits extends ValveBase {

    /** Bytes; no valid request is nearly as large. */
    private static final long MAX_BODY = 64 << 10;
    private static final Set<String> VERSIONS = Set.of("HTTP/1.0", "HTTP/1.1");
    private static final Set<String> WITHOUT_BODY = Set.of("GET", "HEAD", "DELETE");
    private static final Set<String> WITH_BODY = Set.of("POST", "PUT", "PATCH");
    private static final String API = "/api/inventory/";
    /** An encoded slash or backslash, which only an id in a path of the API may contain. */
    private static final Pattern ENCODED_SLASH = Pattern.compile("%(2f|5c)", Pattern.CASE_INSENSITIVE);
    private static final Pattern DOTS = Pattern.compile("(/|%2f|%5c)(\\.|%2e){1,2}(/|%2f|%5c|$)", Pattern.CASE_INSENSITIVE);

    private final InventoryProperties.Api limits;
    private final Hosts hosts;
    private final ApplicationAvailability availability;
    private final Map<String, Integer> inFlight = new HashMap<>();
    private int total;

    RequestLimits(InventoryProperties.Api limits, ApplicationAvailability availability) {
        super(true);
        this.limits = limits;
        this.availability = availability;
        this.hosts = new Hosts(limits.allowedHosts());
    }

    @Override
    public void invoke(Request request, Response response) throws IOException, ServletException {
        // A request that could not be read has its status already; an asynchronous one passes here twice.
        if (response.getStatus() != HttpStatus.OK.value() || request.isAsyncDispatching()) {
            getNext().invoke(request, response);
            return;
        }
        Optional<Refusal> refusal = malformed(request).or(() -> notReady(request)).or(() -> enter(request.getRemoteAddr()));
        if (refusal.isPresent()) {
            refusal.get().answer(response);
            leaveBody(request, response);
            return;
        }
        Release release = new Release(request.getRemoteAddr());
        boolean waits = false;
        try {
            getNext().invoke(request, response);
            // A request that waits without a timeout is a stream, which limits its clients itself.
            waits = request.isAsync() && request.getAsyncContextInternal().getTimeout() > 0;
            if (waits) {
                request.getAsyncContextInternal().addListener(release);
            }
        } finally {
            if (!waits) {
                release.onComplete(null);
            }
            if (request.getContentLengthLong() > request.getCoyoteRequest().getBytesRead()) {
                leaveBody(request, response);
            }
        }
    }

    private Optional<Refusal> malformed(Request request) {
        String method = request.getMethod();
        if (!VERSIONS.contains(String.valueOf(request.getProtocol()))) {
            return refusal(HttpStatus.HTTP_VERSION_NOT_SUPPORTED, "This port speaks HTTP/1.1 and HTTP/1.0.");
        }
        if (!WITH_BODY.contains(method) && !WITHOUT_BODY.contains(method)) {
            return refusal(HttpStatus.METHOD_NOT_ALLOWED, "No path of this port supports this method.");
        }
        if (request.getHeader("Transfer-Encoding") != null) {
            return refusal(HttpStatus.LENGTH_REQUIRED, "A request with a body needs Content-Length.");
        }
        if (request.getContentLengthLong() > (WITH_BODY.contains(method) ? MAX_BODY : 0)) {
            return refusal(HttpStatus.PAYLOAD_TOO_LARGE, WITH_BODY.contains(method)
                ? "The body of a request may have at most " + MAX_BODY + " bytes." : "A request with this method must not have a body.");
        }
        if (!hosts.isAllowed(request.getHeader("Host"))) {
            return refusal(HttpStatus.FORBIDDEN, "The host of this request is not served here. "
                + "Add its name to the setting inventory.api.allowed-hosts, if it is a name of this worker.");
        }
        String path = request.getRequestURI();
        // A server or proxy that decodes it sees another path.
        if (ENCODED_SLASH.matcher(path).find() && (!path.startsWith(API) || DOTS.matcher(path).find())) {
            return refusal(HttpStatus.BAD_REQUEST, "A path may have an encoded slash only in the id of a product or an order, "
                + "and no part of that id may be . or ..");
        }
        return Optional.empty();
    }

    /** The port opens before the routes are started. */
    private Optional<Refusal> notReady(Request request) {
        return availability.getReadinessState() == ReadinessState.ACCEPTING_TRAFFIC || !request.getRequestURI().startsWith(API) ? Optional.empty()
            : refusal(HttpStatus.SERVICE_UNAVAILABLE, "The worker is starting or stopping. Try again.");
    }

    private synchronized Optional<Refusal> enter(String address) {
        if (total >= limits.maxRequests()) {
            return refusal(HttpStatus.SERVICE_UNAVAILABLE, "There are as many requests as this worker takes at a time. Try again.");
        }
        int ofAddress = inFlight.getOrDefault(address, 0);
        if (ofAddress >= limits.maxRequestsPerAddress()) {
            return refusal(HttpStatus.TOO_MANY_REQUESTS, "There are as many requests of this address as it may have at a time. Try again.");
        }
        inFlight.put(address, ofAddress + 1);
        total++;
        return Optional.empty();
    }

    private synchronized void leave(String address) {
        inFlight.computeIfPresent(address, (same, count) -> count == 1 ? null : count - 1);
        total--;
    }

    private static Optional<Refusal> refusal(HttpStatus status, String detail) {
        return Optional.of(new Refusal(status, detail));
    }

    /** Closes the connection after the answer instead of reading the body. */
    private static void leaveBody(Request request, Response response) {
        if (!response.isCommitted()) {
            response.setHeader("Connection", "close");
        }
        request.getCoyoteRequest().action(ActionCode.DISABLE_SWALLOW_INPUT, null);
    }

    /** Releases the slot of a request once, when it is answered. */
    private final class Release implements AsyncListener {

        private final String address;
        private final AtomicBoolean left = new AtomicBoolean();

        Release(String address) {
            this.address = address;
        }

        @Override
        public void onComplete(AsyncEvent event) {
            // Tomcat calls this twice if it ends the request by its own dispatch, for example after an answer that was cut off.
            if (left.compareAndSet(false, true)) {
                leave(address);
            }
        }

        @Override
        public void onTimeout(AsyncEvent event) {
            // onComplete follows.
        }

        @Override
        public void onError(AsyncEvent event) {
            // onComplete follows.
        }

        @Override
        public void onStartAsync(AsyncEvent event) {
            // A new start drops the listeners.
            event.getAsyncContext().addListener(this);
        }
    }
}
