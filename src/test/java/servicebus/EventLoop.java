package servicebus;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Function;
import java.util.function.LongConsumer;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The single thread of the bus. It owns the sockets and all broker state, so that nothing needs a lock. Other
 * threads hand it work with {@link #call}.
 */
final class EventLoop {

    private static final Logger LOG = LoggerFactory.getLogger(EventLoop.class);
    /** The longest delay of what is due, in milliseconds. */
    private static final long TICK = 20;

    private final ConcurrentLinkedQueue<Runnable> calls = new ConcurrentLinkedQueue<>();
    private final ArrayDeque<Runnable> later = new ArrayDeque<>();
    private final ByteBuffer readBuffer = ByteBuffer.allocate(256 * 1024);
    private final Function<SocketConnection, AmqpPeer> peers;
    private final LongConsumer sweep;
    private final Thread thread;
    private Selector selector;
    private ServerSocketChannel listener;
    private int port;
    private volatile boolean closed;

    /**
     * @param peers creates the protocol side of a new connection
     * @param sweep called about every {@value #TICK} ms with the time, in epoch millis
     */
    EventLoop(int port, Function<SocketConnection, AmqpPeer> peers, LongConsumer sweep) {
        this.port = port;
        this.peers = peers;
        this.sweep = sweep;
        this.thread = new Thread(this::run, "service-bus");
        thread.setDaemon(true);
    }

    /** Opens the port, then starts the thread: nothing is left behind when the port is in use. */
    void start() throws IOException {
        selector = Selector.open();
        try {
            listen();
        } catch (IOException e) {
            selector.close();
            throw e;
        }
        thread.setName("service-bus-" + port);
        thread.start();
    }

    int port() {
        return port;
    }

    /** Runs the work on the loop's thread and waits for it; from that thread itself, runs it at once. */
    <T> T call(Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        if (Thread.currentThread() == thread) {
            task.run();
        } else {
            calls.add(task);
            selector.wakeup();
            if (closed) {
                // The loop may have ended without seeing the task; a finished one is not affected.
                task.cancel(false);
            }
        }
        try {
            return task.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while waiting for the service bus", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException cause) {
                throw new UncheckedIOException(cause);
            }
            throw e.getCause() instanceof RuntimeException cause ? cause : new CompletionException(e.getCause());
        }
    }

    /** Runs the work on this thread after the current events. */
    void later(Runnable work) {
        later.add(work);
    }

    /** Opens the port; the same one as before if it was open before. */
    void listen() throws IOException {
        if (listener != null) {
            return;
        }
        ServerSocketChannel channel = ServerSocketChannel.open();
        try {
            channel.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port), 128);
            channel.configureBlocking(false).register(selector, SelectionKey.OP_ACCEPT);
        } catch (BindException e) {
            channel.close();
            BindException named = new BindException("Cannot listen on 127.0.0.1:" + port + ": " + e.getMessage());
            named.initCause(e);
            throw named;
        }
        listener = channel;
        port = channel.socket().getLocalPort();
    }

    void stopListening() throws IOException {
        if (listener != null) {
            listener.close();
            listener = null;
            // The operating system frees the port only after the selector has released it.
            selector.selectNow();
        }
    }

    void dropConnections() {
        connections().forEach(SocketConnection::abort);
    }

    private List<SocketConnection> connections() {
        return selector.keys().stream().filter(SelectionKey::isValid)
                .map(SelectionKey::attachment).filter(SocketConnection.class::isInstance)
                .map(SocketConnection.class::cast).toList();
    }

    /** Ends the thread and closes all sockets; does nothing the second time. */
    void close() {
        if (closed) {
            return;
        }
        closed = true;
        selector.wakeup();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        long nextTick = 0;
        try {
            while (!closed) {
                selector.select(TICK);
                for (Runnable call = calls.poll(); call != null; call = calls.poll()) {
                    guarded(call);
                }
                for (SelectionKey key : selector.selectedKeys()) {
                    guarded(() -> handle(key));
                }
                selector.selectedKeys().clear();
                long now = System.currentTimeMillis();
                if (now >= nextTick || now < nextTick - TICK) {
                    nextTick = now + TICK;
                    guarded(() -> sweep.accept(now));
                    connections().forEach(connection -> guarded(() -> connection.tick(now)));
                }
                for (Runnable work = later.poll(); work != null; work = later.poll()) {
                    guarded(work);
                }
            }
        } catch (IOException | ClosedSelectorException e) {
            LOG.error("The service bus has stopped", e);
        } finally {
            closed = true;
            shutDown();
        }
    }

    private void shutDown() {
        try {
            dropConnections();
            stopListening();
            selector.close();
        } catch (IOException e) {
            LOG.warn("Could not close the service bus's sockets", e);
        }
        calls.forEach(call -> ((FutureTask<?>) call).cancel(false));
    }

    /** A failure of one task or connection must not end the loop. */
    private static void guarded(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            LOG.error("Unexpected failure in the service bus", e);
        }
    }

    private void handle(SelectionKey key) {
        if (!key.isValid()) {
            return;
        }
        if (key.isAcceptable()) {
            accept();
        } else if (key.attachment() instanceof SocketConnection connection) {
            if (key.isReadable()) {
                connection.read(readBuffer);
            }
            if (key.isValid() && key.isWritable()) {
                connection.flush();
            }
        }
    }

    private void accept() {
        try {
            SocketChannel channel = listener.accept();
            if (channel != null) {
                channel.configureBlocking(false);
                SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
                key.attach(new SocketConnection(channel, key, this, peers));
            }
        } catch (IOException e) {
            LOG.warn("Could not accept a connection", e);
        }
    }
}
