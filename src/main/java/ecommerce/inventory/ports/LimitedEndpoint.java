package ecommerce.inventory.ports;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

import org.apache.coyote.Processor;
import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.NioEndpoint;
import org.apache.tomcat.util.net.SocketEvent;
import org.apache.tomcat.util.net.SocketWrapperBase;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;

/**
 * Tomcat's connections with limits that it has no setting for:
 * <ul>
 * <li>One address may have half of the connections ({@code server.tomcat.max-connections}); a further one is answered with 429. When
 * all are in use, a further one is answered with 503. (Tomcat alone would let both wait without an answer.)</li>
 * <li>The headers of a request must arrive within {@code server.tomcat.connection-timeout}, or it is answered with 408. (Tomcat's own
 * limit is for the pause between two bytes.)</li>
 * <li>Within three times that timeout a request must be read and its answer received, or the connection is cut. A request that waits
 * without one of Tomcat's threads, such as the stream of stock changes, is not limited here.</li>
 * </ul>
 */
class LimitedEndpoint extends NioEndpoint {

    private static final Logger LOG = LoggerFactory.getLogger(LimitedEndpoint.class);
    /** With the default timeout this is longer than the slowest answer of the API, for a client that reads it. */
    private static final int SERVICE = 3;

    /** Refused connections that are not closed yet, at most. */
    static final int REFUSED = 100;

    /** Requests that are being read or served, with System.nanoTime of their start. */
    private final Map<SocketWrapperBase<NioChannel>, Long> requests = new ConcurrentHashMap<>();
    private final BlockingQueue<SocketChannel> refused = new ArrayBlockingQueue<>(REFUSED);
    private ScheduledFuture<?> watch;

    @Override
    public void startInternal() throws Exception {
        super.startInternal();
        watch = getUtilityExecutor().scheduleWithFixedDelay(() -> {
            closeRefused(REFUSED);
            cutOverdue();
        }, 1, 1, TimeUnit.SECONDS);
    }

    @Override
    public void stopInternal() {
        if (watch != null) {
            watch.cancel(false);
        }
        closeRefused(REFUSED);
        super.stopInternal();
    }

    @Override
    public void setHandler(Handler<NioChannel> handler) {
        super.setHandler(new Timed(handler));
    }

    /** @param connections of the port, without refused ones */
    void limit(int connections) {
        setMaxConnections(connections + REFUSED);
    }

    @Override
    protected boolean setSocketOptions(SocketChannel socket) {
        int most = getMaxConnections() - REFUSED;
        InetAddress address = address(socket);
        if (connections.size() >= most) {
            refuse(socket, new Refusal(HttpStatus.SERVICE_UNAVAILABLE, "All connections of this port are in use. Try again."));
        } else if (address != null && connections.keySet().stream().filter(other -> address.equals(address(other))).count() >= most / 2) {
            refuse(socket, new Refusal(HttpStatus.TOO_MANY_REQUESTS, "This address has as many connections as one may have. Close some."));
        } else {
            return super.setSocketOptions(socket);
        }
        return true;
    }

    /** Null if the connection is already closed. */
    private static InetAddress address(SocketChannel socket) {
        try {
            return ((InetSocketAddress) socket.getRemoteAddress()).getAddress();
        } catch (IOException e) {
            return null;
        }
    }

    /**
     * Answers, and closes a moment later: if the connection were closed with an unread request in it, the client would not receive the
     * answer.
     */
    private void refuse(SocketChannel socket, Refusal refusal) {
        try {
            socket.configureBlocking(false);
            answer(socket, refusal);
        } catch (IOException e) {
            LOG.debug("A connection that is refused was closed by its client: {}", e.getMessage());
        }
        while (!refused.offer(socket)) {
            closeRefused(1);
        }
    }

    private void closeRefused(int number) {
        List<SocketChannel> sockets = new ArrayList<>();
        refused.drainTo(sockets, number);
        sockets.forEach(this::destroySocket);
    }

    /** Never blocks: the buffer of the connection is still empty, so the answer fits into it. */
    private void answer(SocketChannel socket, Refusal refusal) throws IOException {
        if (!isSSLEnabled()) {
            socket.write(ByteBuffer.wrap(refusal.bytes()));
            socket.shutdownOutput();
        }
    }

    private void cutOverdue() {
        long now = System.nanoTime();
        long timeout = TimeUnit.MILLISECONDS.toNanos(getConnectionTimeout());
        requests.forEach((socket, since) -> {
            // No thread serves a request whose headers have not arrived yet.
            if (socket.getLock().tryLock()) {
                try {
                    if (now - since > timeout && requests.remove(socket, since)) {
                        answer(socket.getSocket().getIOChannel(), new Refusal(HttpStatus.REQUEST_TIMEOUT, "The headers of the request did not come in time."));
                        socket.close();
                    }
                } catch (IOException e) {
                    socket.close();
                } finally {
                    socket.getLock().unlock();
                }
            } else if (now - since > SERVICE * timeout) {
                cut(socket.getSocket().getIOChannel());
            }
        });
    }

    /** Closes only the connection: the thread that serves it uses everything else, and fails at its next read or write. */
    private static void cut(SocketChannel socket) {
        try {
            // Drops what the client has not received yet.
            socket.setOption(StandardSocketOptions.SO_LINGER, 0);
            socket.close();
        } catch (IOException e) {
            LOG.warn("A connection whose request is overdue could not be closed: {}", e.getMessage());
        }
    }

    /** Notes when a request started: at its first byte, and again when an asynchronous answer is ready to be sent. */
    private final class Timed implements Handler<NioChannel> {

        private final Handler<NioChannel> handler;

        Timed(Handler<NioChannel> handler) {
            this.handler = handler;
        }

        @Override
        public SocketState process(SocketWrapperBase<NioChannel> socket, SocketEvent event) {
            requests.putIfAbsent(socket, System.nanoTime());
            SocketState state = SocketState.CLOSED;
            try {
                state = handler.process(socket, event);
                return state;
            } finally {
                boolean incomplete = state == SocketState.LONG && socket.getCurrentProcessor() instanceof Processor processor
                    && !processor.isAsync();
                if (!incomplete) {
                    requests.remove(socket);
                }
            }
        }

        @Override
        public Object getGlobal() {
            return handler.getGlobal();
        }

        @Override
        public void release(SocketWrapperBase<NioChannel> socket) {
            requests.remove(socket);
            handler.release(socket);
        }

        @Override
        public void pause() {
            handler.pause();
        }

        @Override
        public void recycle() {
            handler.recycle();
        }
    }
}
