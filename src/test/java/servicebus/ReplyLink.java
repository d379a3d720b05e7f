package servicebus;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;

import org.apache.qpid.protonj2.buffer.ProtonBuffer;
import org.apache.qpid.protonj2.buffer.impl.ProtonByteArrayBufferAllocator;
import org.apache.qpid.protonj2.engine.OutgoingDelivery;
import org.apache.qpid.protonj2.engine.Sender;
import org.apache.qpid.protonj2.engine.Session;
import org.apache.qpid.protonj2.types.messaging.Accepted;
import org.apache.qpid.protonj2.types.messaging.Target;
import org.apache.qpid.protonj2.types.transport.SenderSettleMode;

/** A link on which a client gets the answers of {@code $cbs} or of an entity's {@code $management}. */
final class ReplyLink {

    private final String node;
    private final Sender sender;
    private final ArrayDeque<ProtonBuffer> unsent = new ArrayDeque<>();
    private long lastTag;

    ReplyLink(String node, Sender sender) {
        this.node = node;
        this.sender = sender;
    }

    void open() {
        sender.setSenderSettleMode(SenderSettleMode.SETTLED);
        sender.setReceiverSettleMode(sender.getRemoteReceiverSettleMode());
        sender.creditStateUpdateHandler(link -> flush());
        sender.open();
    }

    boolean isOf(Session session) {
        return sender.getSession() == session;
    }

    /** Java clients name the link's target in reply-to, JavaScript clients the link itself. */
    boolean isFor(String requestNode, String replyTo) {
        return node.equals(requestNode) && (sender.getName().equals(replyTo)
                || sender.getTarget() instanceof Target target && target.getAddress() != null
                        && target.getAddress().equals(replyTo));
    }

    void send(byte[] encoded) {
        unsent.add(ProtonByteArrayBufferAllocator.wrapped(encoded));
        flush();
    }

    private void flush() {
        while (!unsent.isEmpty() && sender.isLocallyOpen() && sender.getCredit() > 0 && sender.isSendable()) {
            OutgoingDelivery delivery = sender.current();
            if (delivery == null) {
                delivery = sender.next().setTag(ByteBuffer.allocate(Long.BYTES).putLong(++lastTag).array());
                delivery.disposition(Accepted.getInstance(), true);
            }
            delivery.writeBytes(unsent.peek());
            if (!unsent.peek().isReadable()) {
                unsent.remove();
            }
        }
        if (sender.isLocallyOpen() && sender.isDraining() && unsent.isEmpty()) {
            sender.drained();
        }
    }
}
