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
 * One who listens to the {@link StockStream}. It has a thread of its own, since a write to a slow client waits (until the
 * web server's timeout); what is told meanwhile is kept, the latest of each product.
 */
class StreamClient implements Runnable, AsyncListener {

    /** Products that are kept for a client that is slow: as many as are told at once. */
    private static final int MOST_WAITING = 5000;

    private final AsyncContext connection;
    private final long heartbeatMillis;
    private final Consumer<StreamClient> onEnd;
    private final Thread writer = new Thread(this, "stock-stream");
    private Map<String, String> waiting = new LinkedHashMap<>();
    private boolean closed;

    /** @param heartbeat after so long without an event a comment is sent, which finds out whether the client is still there */
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

    /** Never waits. */
    synchronized void tell(String productId, String stock) {
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
            // Says at once that the stream is open, and when to come back after its end.
            String text = "retry: 2000\n\n";
            while (text != null) {
                out.write(text.getBytes(StandardCharsets.UTF_8));
                out.flush();
                text = next();
            }
        } catch (IOException e) {
            // The client is gone, which is how a stream ends.
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
     * Waits for the writer. The web server gives the connection's objects to the next client when this returns, and a write
     * that has failed would fail that one's too.
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
        // The writer says so when it is done.
    }

    /** It has no limit of time, so the web server stops. */
    @Override
    public void onTimeout(AsyncEvent event) {
        onError(event);
    }

    @Override
    public void onStartAsync(AsyncEvent event) {
        // It is not started again.
    }
}
