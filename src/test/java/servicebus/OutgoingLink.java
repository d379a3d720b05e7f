package servicebus;

import java.util.UUID;

import org.apache.qpid.protonj2.buffer.ProtonBuffer;
import org.apache.qpid.protonj2.buffer.impl.ProtonByteArrayBufferAllocator;
import org.apache.qpid.protonj2.engine.OutgoingDelivery;
import org.apache.qpid.protonj2.engine.Sender;
import org.apache.qpid.protonj2.engine.Session;
import org.apache.qpid.protonj2.types.messaging.Accepted;
import org.apache.qpid.protonj2.types.messaging.Received;
import org.apache.qpid.protonj2.types.messaging.Rejected;
import org.apache.qpid.protonj2.types.transport.DeliveryState;
import org.apache.qpid.protonj2.types.transport.SenderSettleMode;

/** A link on which a client receives. */
final class OutgoingLink implements Queue.Consumer {

    private final AmqpPeer peer;
    private final Sender sender;
    private final Queue queue;
    private final MessageCodec codec;
    private final boolean settlesOnSend;
    /** The rest of a message that did not fit into the client's session window. */
    private ProtonBuffer unsent;

    OutgoingLink(AmqpPeer peer, Sender sender, Queue queue, MessageCodec codec) {
        this.peer = peer;
        this.sender = sender;
        this.queue = queue;
        this.codec = codec;
        this.settlesOnSend = sender.getRemoteSenderSettleMode() == SenderSettleMode.SETTLED;
    }

    void open() {
        sender.setSenderSettleMode(settlesOnSend ? SenderSettleMode.SETTLED : SenderSettleMode.UNSETTLED);
        sender.setReceiverSettleMode(sender.getRemoteReceiverSettleMode());
        sender.creditStateUpdateHandler(link -> creditChanged());
        sender.deliveryStateUpdatedHandler(delivery -> peer.afterIngest(() -> settle(delivery)));
        queue.addConsumer(this);
        sender.open();
    }

    void detached() {
        queue.removeConsumer(this);
    }

    boolean isOf(Session session) {
        return sender.getSession() == session;
    }

    void requestDispatch() {
        queue.requestDispatch();
    }

    private void creditChanged() {
        if (unsent != null && sender.isSendable()) {
            write(sender.current());
        }
        requestDispatch();
    }

    @Override
    public boolean isReady() {
        // The engine calls a drained link sendable, so the credit is checked too.
        return unsent == null && sender.isLocallyOpen() && sender.getCredit() > 0 && sender.isSendable()
                && !peer.isCongested();
    }

    @Override
    public boolean settlesOnSend() {
        return settlesOnSend;
    }

    @Override
    public void deliver(StoredMessage message) {
        try {
            OutgoingDelivery delivery = sender.next();
            UUID tag = settlesOnSend ? UUID.randomUUID() : message.lockToken;
            delivery.setTag(MessageCodec.deliveryTag(tag));
            delivery.setLinkedResource(tag);
            if (settlesOnSend) {
                delivery.disposition(Accepted.getInstance(), true);
            }
            unsent = ProtonByteArrayBufferAllocator.wrapped(codec.encode(message));
            write(delivery);
        } catch (RuntimeException e) {
            peer.fail(e);
        }
    }

    private void write(OutgoingDelivery delivery) {
        delivery.writeBytes(unsent);
        if (!unsent.isReadable()) {
            unsent = null;
        }
    }

    @Override
    public void drained() {
        if (unsent == null && sender.isLocallyOpen() && sender.isDraining() && sender.getCredit() > 0
                && !peer.isCongested()) {
            sender.drained();
        }
    }

    @Override
    public void refuse(RefusedException refusal) {
        detached();
        sender.setCondition(refusal.error());
        sender.close();
    }

    /** Settles the message in the queue, and confirms the same outcome to the client. */
    private void settle(OutgoingDelivery delivery) {
        DeliveryState state = delivery.getRemoteState();
        if (delivery.isSettled() || state instanceof Received) {
            return;
        }
        if (state == null) {
            // Clients forget deliveries when they close a link; as on Azure, that does not end the lock.
            delivery.settle();
            return;
        }
        if (queue.losesSettlement()) {
            peer.drop();
            return;
        }
        if (queue.ignoresSettlement()) {
            return;
        }
        DeliveryState answer;
        try {
            queue.settle(delivery.getLinkedResource(), Disposition.of(state));
            answer = state instanceof Rejected ? new Rejected() : state;
        } catch (RefusedException e) {
            answer = new Rejected(e.error());
        }
        if (sender.isLocallyOpen()) {
            delivery.disposition(answer, true);
        }
    }
}
