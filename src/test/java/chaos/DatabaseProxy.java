package chaos;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;

import chaos.Point.Batch;

/**
 * A proxy between a worker and PostgreSQL. It reads their messages (frontend/backend protocol 3.0, without encryption), and injects a
 * fault at a given point. The worker is the shipped one and needs no hook.
 */
final class DatabaseProxy implements AutoCloseable {

    private static final int SSL_REQUEST = 80877103;
    private static final int GSS_REQUEST = 80877104;
    private static final int CANCEL_REQUEST = 80877102;

    private final List<ServerSocket> listeners = new ArrayList<>();
    private final Set<Session> sessions = ConcurrentHashMap.newKeySet();
    private final AtomicReference<Trap> trap = new AtomicReference<>();
    private volatile Duration delay = Duration.ZERO;

    private record Trap(Point point, Runnable harm, CompletableFuture<Void> sprung) {
    }

    /** @param serverPorts of PostgreSQL on this machine */
    DatabaseProxy(List<Integer> serverPorts) throws IOException {
        for (int serverPort : serverPorts) {
            ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
            listeners.add(listener);
            start("database-proxy", () -> accept(listener, serverPort));
        }
    }

    /** The proxy's ports, in the order of the servers' ports. */
    List<Integer> ports() {
        return listeners.stream().map(ServerSocket::getLocalPort).toList();
    }

    /** Delays all messages of the worker to the server; {@link Duration#ZERO} ends the delay. */
    void delay(Duration each) {
        delay = each;
    }

    /**
     * Waits for a point. The first connection that reaches it is cut there, and the fault is injected.
     *
     * @return completed after the fault; cancel it to stop waiting
     */
    CompletableFuture<Void> at(Point point, Runnable harm) {
        CompletableFuture<Void> sprung = new CompletableFuture<>();
        trap.set(new Trap(point, harm, sprung));
        return sprung;
    }

    @Override
    public void close() throws IOException {
        for (ServerSocket listener : listeners) {
            listener.close();
        }
        sessions.forEach(Session::cut);
    }

    private static void start(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private void accept(ServerSocket listener, int serverPort) {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                start("database-proxy-" + client.getPort(), () -> open(client, serverPort));
            } catch (IOException e) {
                // Closed: the loop ends.
            }
        }
    }

    private void open(Socket client, int serverPort) {
        try {
            Session session = new Session(client, new Socket(InetAddress.getLoopbackAddress(), serverPort));
            sessions.add(session);
            start("database-proxy-" + client.getPort() + "-answers", () -> session.pump(session::answers));
            session.pump(session::questions);
        } catch (IOException e) {
            // The server is unavailable: the worker has to see that its connection ends.
            close(client);
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private interface Pump {
        void run() throws IOException;
    }

    /** A connection of the worker, and the connection to the server that belongs to it. */
    private final class Session {

        private final Socket client;
        private final Socket server;
        private final DataInputStream fromClient;
        private final DataOutputStream toClient;
        private final DataInputStream fromServer;
        private final DataOutputStream toServer;
        /** SQL by the name of the prepared statement. */
        private final Map<String, String> prepared = new HashMap<>();
        /** Requests without an answer. */
        private final Queue<Batch> unanswered = new ConcurrentLinkedQueue<>();
        private List<String> statements = new ArrayList<>();
        /** SQL of the open transaction; null if there is none. */
        private List<String> transaction;

        Session(Socket client, Socket server) throws IOException {
            this.client = client;
            this.server = server;
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            fromClient = new DataInputStream(new BufferedInputStream(client.getInputStream()));
            toClient = new DataOutputStream(client.getOutputStream());
            fromServer = new DataInputStream(new BufferedInputStream(server.getInputStream()));
            toServer = new DataOutputStream(server.getOutputStream());
        }

        void cut() {
            DatabaseProxy.close(client);
            DatabaseProxy.close(server);
            sessions.remove(this);
        }

        /** When one side closes, the other one is closed too. */
        void pump(Pump pump) {
            try {
                pump.run();
            } catch (IOException e) {
                // Closed or reset.
            } finally {
                cut();
            }
        }

        void questions() throws IOException {
            int code = startUp();
            while (code == SSL_REQUEST || code == GSS_REQUEST) {
                toClient.write('N');
                code = startUp();
            }
            if (code == CANCEL_REQUEST) {
                return;
            }
            ByteArrayOutputStream said = new ByteArrayOutputStream();
            while (true) {
                byte type = fromClient.readByte();
                byte[] body = body(fromClient);
                write(said, type, body);
                note(type, ByteBuffer.wrap(body));
                if (type == 'S' || type == 'Q') {
                    endBatch();
                }
                if (type != 'P' && type != 'B' && type != 'D' && type != 'E' && type != 'C') {
                    said.writeTo(toServer);
                    said.reset();
                }
            }
        }

        private int startUp() throws IOException {
            byte[] body = body(fromClient);
            int code = ByteBuffer.wrap(body).getInt();
            if (code != SSL_REQUEST && code != GSS_REQUEST) {
                toServer.write(ByteBuffer.allocate(4 + body.length).putInt(4 + body.length).put(body).array());
            }
            return code;
        }

        private void note(byte type, ByteBuffer body) {
            switch (type) {
                case 'P' -> prepared.put(text(body), text(body));
                case 'B' -> {
                    text(body);
                    statements.add(prepared.get(text(body)));
                }
                case 'Q' -> statements.add(text(body));
                default -> { }
            }
        }

        private void endBatch() throws IOException {
            if (statements.contains("BEGIN")) {
                transaction = new ArrayList<>();
            }
            Batch batch = new Batch(statements, transaction == null ? List.of() : List.copyOf(transaction), false, null);
            if (statements.contains("COMMIT") || statements.contains("ROLLBACK")) {
                transaction = null;
            } else if (transaction != null) {
                transaction.addAll(statements);
            }
            statements = new ArrayList<>();
            pause();
            springTrap(batch);
            unanswered.add(batch);
        }

        private void pause() throws IOException {
            try {
                Thread.sleep(delay.toMillis());
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        }

        void answers() throws IOException {
            ByteArrayOutputStream said = new ByteArrayOutputStream();
            byte[] firstColumn = null;
            try {
                while (true) {
                    byte type = fromServer.readByte();
                    byte[] body = body(fromServer);
                    write(said, type, body);
                    if (type == 'D' && firstColumn == null) {
                        firstColumn = firstColumn(ByteBuffer.wrap(body));
                    }
                    Batch question = unanswered.peek();
                    if (type == 'Z' && question != null) {
                        springTrap(new Batch(question.statements(), question.transaction(), true, firstColumn));
                        unanswered.remove();
                        firstColumn = null;
                        question = null;
                    }
                    if (question == null) {
                        said.writeTo(toClient);
                        said.reset();
                    }
                }
            } finally {
                // The last message of a server that stops.
                said.writeTo(toClient);
            }
        }

        private void springTrap(Batch batch) throws IOException {
            Trap set = trap.get();
            if (set != null && !set.sprung().isCancelled() && set.point().isMetBy(batch) && trap.compareAndSet(set, null)) {
                set.harm().run();
                cut();
                set.sprung().complete(null);
                throw new IOException("Cut at " + set.point());
            }
        }

        private static byte[] firstColumn(ByteBuffer row) {
            if (row.getShort() == 0) {
                return null;
            }
            int length = row.getInt();
            if (length < 0) {
                return null;
            }
            byte[] column = new byte[length];
            row.get(column);
            return column;
        }

        private static byte[] body(DataInputStream in) throws IOException {
            byte[] body = new byte[in.readInt() - 4];
            in.readFully(body);
            return body;
        }

        private static void write(ByteArrayOutputStream said, byte type, byte[] body) throws IOException {
            said.write(type);
            said.write(ByteBuffer.allocate(4).putInt(4 + body.length).array());
            said.write(body);
        }

        private static String text(ByteBuffer body) {
            int start = body.position();
            while (body.get() != 0) {
                continue;
            }
            return new String(body.array(), start, body.position() - start - 1, StandardCharsets.UTF_8);
        }
    }
}
