package servicebus;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.apache.qpid.protonj2.buffer.ProtonBuffer;
import org.apache.qpid.protonj2.engine.Connection;
import org.apache.qpid.protonj2.engine.ConnectionState;
import org.apache.qpid.protonj2.engine.Engine;
import org.apache.qpid.protonj2.engine.EngineFactory;
import org.apache.qpid.protonj2.engine.Link;
import org.apache.qpid.protonj2.engine.Receiver;
import org.apache.qpid.protonj2.engine.Sender;
import org.apache.qpid.protonj2.engine.Session;
import org.apache.qpid.protonj2.engine.sasl.SaslOutcome;
import org.apache.qpid.protonj2.engine.sasl.SaslServerContext;
import org.apache.qpid.protonj2.engine.sasl.SaslServerListener;
import org.apache.qpid.protonj2.types.Symbol;
import org.apache.qpid.protonj2.types.messaging.Source;
import org.apache.qpid.protonj2.types.messaging.Target;
import org.apache.qpid.protonj2.types.messaging.Terminus;
import org.apache.qpid.protonj2.types.transport.AMQPHeader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The broker's end of an AMQP connection: accepts every client, and attaches links to the entities that they name. */
final class AmqpPeer {

    private static final Logger LOG = LoggerFactory.getLogger(AmqpPeer.class);
    private static final Symbol[] MECHANISMS = {Symbol.valueOf("MSSBCBS"), Symbol.valueOf("ANONYMOUS"),
        Symbol.valueOf("PLAIN"), Symbol.valueOf("EXTERNAL")};
    private static final Symbol SESSION_FILTER = Symbol.valueOf("com.microsoft:session-filter");
    private static final String CBS = "$cbs";
    private static final String MANAGEMENT = "/$management";
    private static final int MAX_FRAME_SIZE = 64 * 1024;

    private final Namespace namespace;
    private final MessageCodec codec;
    private final ManagementLink management;
    private final int maxMessageSize;
    private final SocketConnection socket;
    private final Engine engine = EngineFactory.PROTON.createEngine();
    private final Connection connection;
    private final List<OutgoingLink> outgoingLinks = new ArrayList<>();
    private final List<ReplyLink> replyLinks = new ArrayList<>();
    private final ArrayDeque<Runnable> afterIngest = new ArrayDeque<>();

    AmqpPeer(Namespace namespace, MessageCodec codec, int maxMessageSize, SocketConnection socket) {
        this.namespace = namespace;
        this.codec = codec;
        this.management = new ManagementLink(codec);
        this.maxMessageSize = maxMessageSize;
        this.socket = socket;
        engine.outputHandler((frame, written) -> {
            socket.write(frame);
            if (written != null) {
                written.run();
            }
        });
        engine.errorHandler(failed -> fail(failed.failureCause()));
        engine.saslDriver().server().setListener(new AnyoneIn());
        connection = engine.start();
        connection.setContainerId("service-bus").setMaxFrameSize(MAX_FRAME_SIZE);
        connection.openHandler(Connection::open);
        connection.closeHandler(closed -> {
            closed.close();
            socket.closeAfterFlush();
        });
        connection.sessionOpenHandler(session -> session.closeHandler(this::endSession).open());
        connection.receiverOpenHandler(this::attachIncoming);
        connection.senderOpenHandler(this::attachOutgoing);
    }

    private static final class AnyoneIn implements SaslServerListener {

        @Override
        public void handleSaslHeader(SaslServerContext context, AMQPHeader header) {
            context.sendMechanisms(MECHANISMS);
        }

        @Override
        public void handleSaslInit(SaslServerContext context, Symbol mechanism, ProtonBuffer initResponse) {
            context.sendOutcome(SaslOutcome.SASL_OK, null);
        }

        @Override
        public void handleSaslResponse(SaslServerContext context, ProtonBuffer response) {
            context.sendOutcome(SaslOutcome.SASL_AUTH, null);
        }
    }

    void ingest(ProtonBuffer bytes) {
        if (engine.isRunning()) {
            engine.ingest(bytes);
            for (Runnable work = afterIngest.poll(); work != null; work = afterIngest.poll()) {
                work.run();
            }
        }
    }

    /** Runs the work after the engine has finished reading; before that, it must not be called again. */
    void afterIngest(Runnable work) {
        afterIngest.add(work);
    }

    /** Sends an empty frame when the client would otherwise think the connection idle. */
    void tick(long now) {
        if (engine.isRunning() && connection.getState() == ConnectionState.ACTIVE) {
            engine.tick(now);
        }
    }

    boolean isCongested() {
        return socket.isCongested();
    }

    void resumeDeliveries() {
        outgoingLinks.forEach(OutgoingLink::requestDispatch);
    }

    void fail(Throwable cause) {
        socket.fail(cause);
    }

    /** Ends the connection with a reset, after the current input is handled. */
    void drop() {
        socket.abortLater();
    }

    /** The connection has ended. Locks stay. */
    void closed() {
        outgoingLinks.forEach(OutgoingLink::detached);
        outgoingLinks.clear();
        replyLinks.clear();
        if (!engine.isShutdown()) {
            engine.shutdown();
        }
    }

    private void endSession(Session session) {
        for (OutgoingLink link : List.copyOf(outgoingLinks)) {
            if (link.isOf(session)) {
                detach(link);
            }
        }
        replyLinks.removeIf(link -> link.isOf(session));
        session.close();
    }

    /** The client wants to send. */
    private void attachIncoming(Receiver receiver) {
        try {
            IncomingLink link = new IncomingLink(this, receiver, maxMessageSize, inbox(receiver.getRemoteTarget()));
            receiver.closeHandler(Link::close).detachHandler(Link::detach);
            receiver.setSource(receiver.getRemoteSource()).setTarget((Target) receiver.getRemoteTarget());
            link.open();
        } catch (RefusedException e) {
            receiver.setSource(receiver.getRemoteSource());
            refuse(receiver, e);
        }
    }

    private IncomingLink.Inbox inbox(Terminus terminus) {
        if (!(terminus instanceof Target target) || target.getAddress() == null) {
            throw new RefusedException(RefusedException.NOT_IMPLEMENTED, "Transactions are not supported.");
        }
        String node = Namespace.normalized(target.getAddress());
        if (node.equals(CBS)) {
            return (encoded, format) -> answer(node, codec.decodeRequest(encoded), this::putToken);
        } else if (node.endsWith(MANAGEMENT)) {
            Entity entity = managed(node);
            return (encoded, format) -> answer(node, codec.decodeRequest(encoded),
                    request -> management.handle(entity, request));
        }
        Entity entity = namespace.destination(target.getAddress());
        return (encoded, format) -> {
            entity.send(codec.decode(encoded, format));
            return !entity.losesAnswer();
        };
    }

    private Entity managed(String node) {
        Entity entity = namespace.entity(node.substring(0, node.length() - MANAGEMENT.length()));
        if (entity instanceof Queue queue) {
            queue.checkReceiversAllowed();
        }
        return entity;
    }

    /** The client wants to receive. */
    private void attachOutgoing(Sender sender) {
        try {
            Source source = sender.getRemoteSource();
            if (source == null || source.getAddress() == null) {
                throw new RefusedException(RefusedException.NOT_FOUND, "The link names no source.");
            }
            String node = Namespace.normalized(source.getAddress());
            sender.setSource(source).setTarget((Target) sender.getRemoteTarget());
            if (node.equals(CBS) || node.endsWith(MANAGEMENT)) {
                if (!node.equals(CBS)) {
                    managed(node);
                }
                ReplyLink link = new ReplyLink(node, sender);
                replyLinks.add(link);
                onDetach(sender, () -> replyLinks.remove(link));
                link.open();
            } else {
                OutgoingLink link = new OutgoingLink(this, sender, receivable(source), codec);
                outgoingLinks.add(link);
                onDetach(sender, () -> detach(link));
                link.open();
            }
        } catch (RefusedException e) {
            sender.setSource(null);
            refuse(sender, e);
        }
    }

    private Queue receivable(Source source) {
        Queue queue = namespace.queue(source.getAddress());
        queue.checkReceiversAllowed();
        if (source.getFilter() != null && source.getFilter().containsKey(SESSION_FILTER)) {
            throw new RefusedException(RefusedException.NOT_ALLOWED, "'" + source.getAddress()
                    + "' does not require sessions: no session can be accepted from it.");
        }
        return queue;
    }

    private static void onDetach(Sender sender, Runnable action) {
        sender.closeHandler(link -> {
            action.run();
            link.close();
        });
        sender.detachHandler(link -> {
            action.run();
            link.detach();
        });
    }

    private void detach(OutgoingLink link) {
        outgoingLinks.remove(link);
        link.detached();
    }

    /** Attaches a refused link without the refused terminus, then closes it with the error. */
    private static void refuse(Link<?> link, RefusedException refusal) {
        link.open();
        link.setCondition(refusal.error());
        link.close();
    }

    private ManagementLink.Response putToken(Request request) {
        if (namespace.tokenRefusal != null) {
            return new ManagementLink.Response(401, namespace.tokenRefusal, null, Map.of());
        }
        return request.operation().equals("put-token")
                ? new ManagementLink.Response(202, "Accepted", null, Map.of())
                : new ManagementLink.Response(400, "Unknown operation " + request.operation(), null, Map.of());
    }

    private boolean answer(String node, Request request, ManagementLink.Operation operation) {
        ManagementLink.Response response = operation.handle(request);
        byte[] reply = codec.encodeResponse(request.properties().getMessageId(),
                node.equals(CBS) ? response.cbsProperties() : response.properties(), response.body());
        String replyTo = request.properties().getReplyTo();
        replyLinks.stream().filter(link -> link.isFor(node, replyTo)).findFirst().ifPresentOrElse(
                link -> link.send(reply),
                () -> LOG.warn("No link to answer a request to {} on: reply-to is {}", node, replyTo));
        return true;
    }
}
