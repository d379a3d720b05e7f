package servicebus;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.function.Function;

import org.apache.qpid.protonj2.buffer.ProtonBuffer;
import org.apache.qpid.protonj2.buffer.ProtonBufferAllocator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A TCP connection: collects the output of its peer, and sends it once per turn of the loop. */
final class SocketConnection {

    private static final Logger LOG = LoggerFactory.getLogger(SocketConnection.class);
    /** Number of unsent bytes above which a client that does not read gets no more messages. */
    private static final int CONGESTED = 1024 * 1024;
    private static final int INITIAL_CAPACITY = 16 * 1024;

    private final SocketChannel channel;
    private final SelectionKey key;
    private final EventLoop loop;
    private final AmqpPeer peer;
    private byte[] unsent = new byte[INITIAL_CAPACITY];
    private int unsentLength;
    private boolean flushRequested;
    private boolean heldBack;
    private boolean closing;
    private boolean closed;

    SocketConnection(SocketChannel channel, SelectionKey key, EventLoop loop,
            Function<SocketConnection, AmqpPeer> peers) throws IOException {
        this.channel = channel;
        this.key = key;
        this.loop = loop;
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        this.peer = peers.apply(this);
    }

    void read(ByteBuffer buffer) {
        int length;
        try {
            length = channel.read(buffer.clear());
        } catch (IOException e) {
            LOG.debug("Connection lost", e);
            length = -1;
        }
        if (length < 0) {
            close();
        } else if (!closing) {
            // A copy, because the engine keeps incomplete frames until their rest arrives.
            ProtonBuffer bytes = ProtonBufferAllocator.defaultAllocator().copy(buffer.array(), 0, length);
            protect(() -> peer.ingest(bytes));
        }
    }

    void tick(long now) {
        protect(() -> peer.tick(now));
    }

    /** Any error that a client causes in the engine, even a stack overflow, ends only this connection. */
    private void protect(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
            fail(e);
        }
    }

    /** Closes after an error; the first one is the cause. */
    void fail(Throwable cause) {
        if (!closing) {
            LOG.warn("Closing a connection after {}", String.valueOf(cause));
            closeAfterFlush();
        }
    }

    void write(ProtonBuffer frame) {
        int length = frame.getReadableBytes();
        if (unsentLength + length > unsent.length) {
            unsent = Arrays.copyOf(unsent, Math.max(2 * unsent.length, unsentLength + length));
        }
        frame.readBytes(unsent, unsentLength, length);
        unsentLength += length;
        requestFlush();
    }

    private void requestFlush() {
        if (!flushRequested) {
            flushRequested = true;
            loop.later(this::flush);
        }
    }

    /** Whether messages have to wait; the peer is informed when they no longer have to. */
    boolean isCongested() {
        heldBack |= unsentLength > CONGESTED;
        return unsentLength > CONGESTED;
    }

    void flush() {
        flushRequested = false;
        if (closed) {
            return;
        }
        try {
            ByteBuffer bytes = ByteBuffer.wrap(unsent, 0, unsentLength);
            channel.write(bytes);
            unsentLength = bytes.remaining();
            if (unsentLength == 0 && unsent.length > CONGESTED) {
                unsent = new byte[INITIAL_CAPACITY];
            } else {
                System.arraycopy(unsent, bytes.position(), unsent, 0, unsentLength);
            }
            key.interestOps(unsentLength > 0 ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ);
        } catch (IOException e) {
            LOG.debug("Connection lost", e);
            close();
            return;
        }
        if (heldBack && unsentLength <= CONGESTED) {
            heldBack = false;
            peer.resumeDeliveries();
        }
        if (closing && unsentLength == 0) {
            close();
        }
    }

    /** Closes when everything written so far, such as an AMQP close, has been sent. */
    void closeAfterFlush() {
        closing = true;
        requestFlush();
    }

    /** Closes at once with a TCP reset, as if the machine had failed. */
    void abort() {
        try {
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        } catch (IOException e) {
            LOG.debug("Connection already closed", e);
        }
        close();
    }

    /** The same, after the current input is handled. */
    void abortLater() {
        loop.later(this::abort);
    }

    private void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("Connection not closed properly", e);
        }
        peer.closed();
    }
}
