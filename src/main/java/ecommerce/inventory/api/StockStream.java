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
 * Changes of stock as server-sent events, for as many clients as {@code inventory.stream.max-clients} allows; more are
 * answered with 503, and more of one address than {@code inventory.stream.max-clients-per-address} with 429. A client that misses changes, because it is too slow or because there are more than can be told, is
 * disconnected, and reads the stock anew when it is back.
 */
public class StockStream extends HttpServlet {

    /** In seconds; longer than a transaction takes from its change to its commit, before which nobody sees the change. */
    private static final double COMMIT = 15;
    /** Of a look; query-stock-changes.sql answers one more. */
    private static final int MOST_CHANGES = 5000;

    private final transient InventoryProperties.Stream settings;
    /** With their addresses. */
    private final transient Map<StreamClient, String> clients = new ConcurrentHashMap<>();
    private transient Map<String, String> told = Map.of();
    /** By System.nanoTime; null if nobody has listened since. */
    private transient Long toldAt;
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
            // Or nginx would wait for a buffer to be full.
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

    /** Whether there is anyone to tell. */
    public synchronized boolean isListenedTo() {
        if (clients.isEmpty()) {
            told = Map.of();
            toldAt = null;
        }
        return !clients.isEmpty();
    }

    /** How far back to look for changes, in seconds: to when it was told last, and further by what a commit may take. */
    public synchronized double lookBack() {
        return COMMIT + (toldAt == null ? 0 : (System.nanoTime() - toldAt) / 1e9);
    }

    /**
     * Tells those who listen what they were not told before.
     *
     * @param changes the latest first, each {@code {productId, stock}}
     */
    public synchronized void tell(List<Map<String, Object>> changes) {
        if (changes.size() > MOST_CHANGES) {
            clients.keySet().forEach(StreamClient::close);
        }
        Map<String, String> latest = new HashMap<>();
        for (int i = changes.size() - 1; i >= 0; i--) {
            String productId = (String) changes.get(i).get("productId");
            String stock = (String) changes.get(i).get("stock");
            latest.put(productId, stock);
            if (!stock.equals(told.get(productId))) {
                clients.keySet().forEach(client -> client.tell(productId, stock));
            }
        }
        told = latest;
        toldAt = System.nanoTime();
    }

    /** Before the web server waits for its requests to end. */
    @EventListener(ContextClosedEvent.class)
    public void close() {
        synchronized (clients) {
            closed = true;
            clients.keySet().forEach(StreamClient::close);
        }
    }
}
