package ecommerce.inventory.api;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import ecommerce.inventory.ports.Refusal;
import ecommerce.inventory.settings.InventoryProperties;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.http.HttpStatus;

/**
 * Changes of stock as server-sent events, for as many clients as {@code inventory.stream.max-clients} allows; further ones are answered
 * with 503, and those beyond {@code inventory.stream.max-clients-per-address} of one address with 429. A client that would miss
 * changes, because it is too slow or there are too many, is disconnected; it reads the whole stock again when it reconnects.
 */
public class StockStream extends HttpServlet {

    /**
     * Seconds from a change of a row to its commit, at most. Each look has to go back that far, or it misses changes that are committed
     * late.
     */
    private static final double MAX_COMMIT_DELAY = 15;
    /** Changes that one look sends, at most; the SQL answers one more to show that there are too many. */
    private static final int MOST_CHANGES = 5000;

    private final transient InventoryProperties.Stream settings;
    /** Clients by connection, with their addresses. */
    private final transient Map<StreamClient, String> clients = new ConcurrentHashMap<>();
    private transient Map<String, String> sent = Map.of();
    /** System.nanoTime of the last look; null while no client listens. */
    private transient Long sentAt;
    private volatile boolean closed;

    public StockStream(InventoryProperties.Stream settings) {
        this.settings = settings;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        AsyncContext connection;
        synchronized (clients) {
            if (closed || clients.size() >= settings.maxClients()) {
                new Refusal(HttpStatus.SERVICE_UNAVAILABLE, "There are as many listeners as this worker takes. Try again later.")
                    .answer(response);
                return;
            }
            String address = request.getRemoteAddr();
            if (clients.values().stream().filter(address::equals).count() >= settings.maxClientsPerAddress()) {
                new Refusal(HttpStatus.TOO_MANY_REQUESTS, "There are as many listeners of this address as it may have. Try again later.")
                    .answer(response);
                return;
            }
            response.setContentType("text/event-stream;charset=UTF-8");
            // Without it nginx would wait until a buffer is full.
            response.setHeader("X-Accel-Buffering", "no");
            connection = request.startAsync(request, response);
            connection.setTimeout(0);
            StreamClient client = new StreamClient(connection, settings.heartbeat(), clients::remove);
            clients.put(client, address);
            client.start();
        }
    }

    @Override
    protected void doHead(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.sendError(HttpServletResponse.SC_METHOD_NOT_ALLOWED);
    }

    /** Whether any client listens. */
    public synchronized boolean isListenedTo() {
        if (clients.isEmpty()) {
            sent = Map.of();
            sentAt = null;
        }
        return !clients.isEmpty();
    }

    /** How far back to look for changes, in seconds: to the last look, and further by the time that a commit may take. */
    public synchronized double lookBack() {
        return MAX_COMMIT_DELAY + (sentAt == null ? 0 : (System.nanoTime() - sentAt) / 1e9);
    }

    /**
     * Sends to all clients the changes that they have not received yet.
     *
     * @param changes the latest first, each {@code {productId, stock}}
     */
    public synchronized void publish(List<Map<String, Object>> changes) {
        if (changes.size() > MOST_CHANGES) {
            clients.keySet().forEach(StreamClient::close);
        }
        Map<String, String> latest = new HashMap<>();
        for (int i = changes.size() - 1; i >= 0; i--) {
            String productId = (String) changes.get(i).get("productId");
            String stock = (String) changes.get(i).get("stock");
            latest.put(productId, stock);
            if (!stock.equals(sent.get(productId))) {
                clients.keySet().forEach(client -> client.offer(productId, stock));
            }
        }
        sent = latest;
        sentAt = System.nanoTime();
    }

    /** Runs before the web server waits for its requests to end. */
    @EventListener(ContextClosedEvent.class)
    public void close() {
        synchronized (clients) {
            closed = true;
            clients.keySet().forEach(StreamClient::close);
        }
    }
}
