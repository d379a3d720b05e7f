package ecommerce.inventory.api;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;

/**
 * A client of the {@link StockStream}. It has a thread of its own, as a write to a slow client blocks until the web server's timeout.
 * Of the changes that arrive meanwhile it keeps the latest of each product.
 */
class StreamClient implements Runnable, AsyncListener {

    /** Products that are kept for a slow client: as many as one look sends. */
    private static final int MOST_WAITING = 5000;

    private final AsyncContext connection;
    private final long heartbeatMillis;
    private final Consumer<StreamClient> onEnd;
    private final Thread writer = new Thread(this, "stock-stream");
    private Map<String, String> waiting = new LinkedHashMap<>();
    private boolean closed;

    /** @param heartbeat time without an event after which a comment is sent, to find out whether the client is still there */
    StreamClient(AsyncContext connection, Duration heartbeat, Consumer<StreamClient> onEnd) {
        this.connection = connection;
        this.heartbeatMillis = heartbeat.toMillis();
        this.onEnd = onEnd;
    }

    void start() {
        connection.addListener(this);
        writer.setDaemon(true);
        writer.start();
    }

    /** Never blocks. */
    synchronized void offer(String productId, String stock) {
        waiting.put(productId, stock);
        if (waiting.size() > MOST_WAITING) {
            close();
        }
        notifyAll();
    }

    synchronized void close() {
        closed = true;
        notifyAll();
    }

    @Override
    public void run() {
        try {
            OutputStream out = connection.getResponse().getOutputStream();
            // Opens the stream at once, and sets the pause before a reconnect.
            String text = "retry: 2000\n\n";
            while (text != null) {
                out.write(text.getBytes(StandardCharsets.UTF_8));
                out.flush();
                text = next();
            }
        } catch (IOException e) {
            // The client has disconnected, which is how a stream ends.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            onEnd.accept(this);
            connection.complete();
        }
    }

    /** Events, or a comment if there are none for a while; null when closed. */
    private synchronized String next() throws InterruptedException {
        if (waiting.isEmpty() && !closed) {
            wait(heartbeatMillis);
        }
        if (closed) {
            return null;
        }
        StringBuilder text = new StringBuilder();
        waiting.values().forEach(stock -> text.append("event: stock\ndata: ").append(stock).append("\n\n"));
        waiting = new LinkedHashMap<>();
        return text.isEmpty() ? ":\n\n" : text.toString();
    }

    /**
     * Waits for the writer: when this returns, the web server reuses the connection's objects for another client, whose writes a late
     * failure would break.
     */
    @Override
    public void onError(AsyncEvent event) {
        close();
        try {
            writer.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void onComplete(AsyncEvent event) {
        // The writer completes the request itself.
    }

    /** The request has no timeout, so the web server is stopping. */
    @Override
    public void onTimeout(AsyncEvent event) {
        onError(event);
    }

    @Override
    public void onStartAsync(AsyncEvent event) {
        // A request is started only once.
    }
}
