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
 * <li>One address has half of the connections ({@code server.tomcat.max-connections}) at most; one more is answered with 429. When all
 * are in use, one more is answered with 503. (Tomcat alone would let both wait without an answer.)</li>
 * <li>The headers of a request have to be there after {@code server.tomcat.connection-timeout}, or it is answered with 408. (Tomcat's
 * own limit is for the pause between two bytes.)</li>
 * <li>A request has three times as long to be read, answered and the answer to be received, or its connection is cut. What waits for an
 * answer without one of Tomcat's threads, such as the stream of stock changes, is not limited here.</li>
 * </ul>
 */
class LimitedEndpoint extends NioEndpoint {

    private static final Logger LOG = LoggerFactory.getLogger(LimitedEndpoint.class);
    /** With the default timeout longer than the slowest answer of the API takes, with a client that reads it. */
    private static final int SERVICE = 3;

    /** Connections that were refused and are not closed yet, at most. */
    static final int REFUSED = 100;

    /** Requests that are being read or served, and since when, by System.nanoTime. */
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

    /** @param connections of the port, but for those that are refused */
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

    /** Null when the connection is closed already. */
    private static InetAddress address(SocketChannel socket) {
        try {
            return ((InetSocketAddress) socket.getRemoteAddress()).getAddress();
        } catch (IOException e) {
            return null;
        }
    }

    /**
     * Answers, and closes a moment later: the client would not get the answer if its request, which nobody reads, were there when the
     * connection is closed.
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

    /** As far as it fits into the buffer of the connection, which is new or has no answer in it yet. */
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
            // Nobody works on a request whose headers are not there yet.
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

    /** Only the connection: what else belongs to it is in use by the thread that serves it, which fails at its next read or write. */
    private static void cut(SocketChannel socket) {
        try {
            // What is not received yet is dropped with it.
            socket.setOption(StandardSocketOptions.SO_LINGER, 0);
            socket.close();
        } catch (IOException e) {
            LOG.warn("A connection whose request is overdue could not be closed: {}", e.getMessage());
        }
    }

    /** Notes when a request began: with its first byte, and again when an answer that was waited for is there to be sent. */
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
