package ecommerce.inventory.ports;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import ecommerce.inventory.support.RawHttp;

/** A way to misuse a port, repeated by many clients at once. */
enum PortAttack {

    /** No attack, for comparison. */
    NONE(null),
    BODY_WITH_LENGTH((client, i) -> large(client, "PUT /x", "Content-Type: application/x-www-form-urlencoded\nContent-Length: 1073741824\n")),
    BODY_OF_A_GET((client, i) -> large(client, "GET /api/inventory/backlog", "Content-Length: 1073741824\n")),
    CHUNKED_BODY((client, i) -> large(client, "POST /api/inventory/stock", "Transfer-Encoding: chunked\n")),
    MULTIPART_UNFINISHED((client, i) -> {
        client.send("POST /index.html HTTP/1.1\nHost: localhost\nContent-Type: multipart/form-data; boundary=b\nContent-Length: 65000\n\n"
            + "--b\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\n\n" + "x".repeat(50_000));
        return client.status();
    }),
    OPERATOR_WITHOUT_TOKEN((client, i) -> {
        client.send("POST /actuator/operator/replay-dead-messages HTTP/1.1\nHost: localhost\nContent-Type: application/json\nContent-Length: 60000\n\n");
        client.sendBody(60_000);
        return client.status();
    }),
    SLOW_HEADERS((client, i) -> {
        client.send("GET / HTTP/1.1\nHost: localhost\n");
        return client.dribble("X: y\n");
    }),
    SLOW_BODY((client, i) -> {
        client.send("POST /actuator/operator/x HTTP/1.1\nHost: localhost\nContent-Type: application/json\nContent-Length: 60000\n\n");
        return client.dribble("x");
    }),
    SLOW_READING((client, i) -> {
        client.send("GET /api/inventory/stock?limit=1000 HTTP/1.1\nHost: localhost\n\n");
        int status = client.readHead();
        client.readSlowly(1);
        return status;
    }),
    SLOW_QUESTIONS((client, i) -> client.send("GET /api/inventory/low-stock?threshold=2147483647&limit=1000 HTTP/1.1\nHost: localhost\n\n").status()),
    CONNECTIONS((client, i) -> 0),
    STREAMS((client, i) -> client.send("GET /api/inventory/stream HTTP/1.1\nHost: localhost\n\n").readHead()),
    RANGES((client, i) -> client.send("GET /inventory.js HTTP/1.1\nHost: localhost\nConnection: close\nRange: bytes=" + "0-,".repeat(1_500) + "0-\n\n").status()),
    ODD_METHODS((client, i) -> client.send(List.of("TRACE", "OPTIONS", "PROPFIND", "CONNECT", "get", "X".repeat(500)).get(i % 6)
        + " /api/inventory/stock HTTP/1.1\nHost: localhost\nConnection: close\n\n").status()),
    ENCODED_PATHS((client, i) -> client.send("GET /" + List.of("%2e%2e%2f%2e%2e%2fetc/passwd", "%00", "%zz", "..;/actuator", "%u002e", "api/inventory/stock/"
        + "%25".repeat(500), "..%2f..%5cetc", "api/inventory/..%2f..%5c..%2fapplication.yaml").get(i % 8) + " HTTP/1.1\nHost: localhost\nConnection: close\n\n").status()),
    BROKEN_HTTP((client, i) -> client.send(List.of("GET /\n\n", "\1\2\3\n\n", "GET / HTTP/9.9\nHost: localhost\n\n", "GET / HTTP/1.1\nHost localhost\n\n",
        "GET / HTTP/1.1\nHost: localhost\nContent-Length: 1\nContent-Length: 2\n\n", "GET / HTTP/1.1\nHost: localhost\nX: " + "x".repeat(30_000) + "\n\n").get(i % 6))
        .status()),
    PIPELINED((client, i) -> client.send("GET / HTTP/1.1\nHost: localhost\n\n".repeat(500)).status());

    /** One attempt of a client with a connection of its own. */
    interface Act {

        /** @return the status of the answer; 0 if there was none */
        int by(RawHttp client, int number) throws IOException;
    }

    private final Act act;

    PortAttack(Act act) {
        this.act = act;
    }

    /**
     * @param  opened collects the connections, so that another thread can close them
     * @return        the status of the answer; 0 if the connection was refused, or closed without one
     */
    int once(String from, int port, int number, Set<RawHttp> opened) {
        List<RawHttp> clients = new ArrayList<>();
        try {
            // A flood of connections opens many at once.
            for (int i = 0; i < (this == CONNECTIONS ? 100 : 1); i++) {
                clients.add(new RawHttp(from, port));
                opened.add(clients.get(i));
            }
            return act.by(clients.get(0), number);
        } catch (IOException | UncheckedIOException e) {
            return 0;
        } finally {
            clients.forEach(RawHttp::close);
            opened.removeAll(clients);
        }
    }

    private static int large(RawHttp client, String line, String headers) throws IOException {
        client.send(line + " HTTP/1.1\nHost: localhost\n" + headers + "\n");
        client.sendBody(1L << 30);
        return client.status();
    }
}
