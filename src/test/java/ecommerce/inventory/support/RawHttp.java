package ecommerce.inventory.support;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A connection for requests that no HTTP client would send. */
public final class RawHttp implements AutoCloseable {

    /** Far longer than an answer takes. */
    private static final int PATIENCE = 60_000;

    /** Pause of a client that is slow on purpose, in milliseconds. */
    private static final int PAUSE = 100;
    private static final int STATUS_LINE = "HTTP/1.1 200".length();

    private final Socket socket = new Socket();

    /** @param from local address of the client: 127.0.0.1, 127.0.0.2 and so on */
    public RawHttp(String from, int port) {
        try {
            socket.bind(new InetSocketAddress(from, 0));
            // Small, so that the server notices soon that the client does not read.
            socket.setReceiveBufferSize(1024);
            socket.setSoTimeout(PATIENCE);
            socket.connect(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port), PATIENCE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public RawHttp(int port) {
        this("127.0.0.1", port);
    }

    /** @param text the lines of a request, each with \n at its end, including the empty line after the headers */
    public RawHttp send(String text) throws IOException {
        socket.getOutputStream().write(text.replace("\n", "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    /**
     * Sends a body until it is complete or the server closes the connection.
     *
     * @return bytes that were sent
     */
    public long sendBody(long length) {
        byte[] part = new byte[8192];
        Arrays.fill(part, (byte) 'x');
        long sent = 0;
        try {
            while (sent < length && socket.getInputStream().available() == 0) {
                socket.getOutputStream().write(part, 0, (int) Math.min(part.length, length - sent));
                sent += part.length;
            }
        } catch (IOException e) {
            // Closed by the server, which also ends the send.
        }
        return sent;
    }

    /**
     * Sends a text repeatedly, with pauses, until the server answers or closes the connection.
     *
     * @return the status of the answer; 0 if there is none
     */
    public int dribble(String text) {
        try {
            socket.setSoTimeout(PAUSE);
            while (true) {
                try {
                    int first = socket.getInputStream().read();
                    return first < 0 ? 0 : status((char) first + answer());
                } catch (SocketTimeoutException e) {
                    send(text);
                }
            }
        } catch (IOException e) {
            return 0;
        }
    }

    /**
     * Reads some bytes at a time, with pauses, until the connection is closed.
     *
     * @return number of bytes received
     */
    public long readSlowly(int bytes) {
        long came = 0;
        try {
            InputStream in = socket.getInputStream();
            for (int now = in.readNBytes(bytes).length; now > 0; now = in.readNBytes(bytes).length) {
                came += now;
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(PAUSE));
            }
        } catch (IOException e) {
            // Closed by the server.
        }
        return came;
    }

    /** The status of an answer, without waiting for its end. */
    public int readHead() throws IOException {
        StringBuilder start = new StringBuilder();
        for (int next = socket.getInputStream().read(); next >= 0 && start.length() < STATUS_LINE; next = socket.getInputStream().read()) {
            start.append((char) next);
        }
        return status(start.toString());
    }

    /** The answer, up to Content-Length or until the server closes the connection; empty if there is none. */
    public String answer() {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        try {
            InputStream in = socket.getInputStream();
            int length = Integer.MAX_VALUE;
            for (int next = in.read(); next >= 0; next = in.read()) {
                read.write(next);
                if (next == '\n' && read.toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) {
                    length = contentLength(read.toString(StandardCharsets.US_ASCII));
                    break;
                }
            }
            read.write(in.readNBytes(length));
        } catch (IOException e) {
            // Reset, as the server has not read the whole request.
        }
        return read.toString(StandardCharsets.UTF_8);
    }

    private static int contentLength(String head) {
        return head.lines().map(line -> line.toLowerCase(Locale.ROOT)).filter(line -> line.startsWith("content-length:"))
            .mapToInt(line -> Integer.parseInt(line.substring("content-length:".length()).strip())).findFirst().orElse(Integer.MAX_VALUE);
    }

    /** The status of the answer; 0 if the connection was closed without one. */
    public int status() {
        return status(answer());
    }

    private static int status(String answer) {
        return answer.startsWith("HTTP/1.") ? Integer.parseInt(answer.substring(9, 12)) : 0;
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
