package servicebus;

import org.apache.qpid.protonj2.buffer.ProtonBuffer;
import org.apache.qpid.protonj2.engine.IncomingDelivery;
import org.apache.qpid.protonj2.engine.Receiver;
import org.apache.qpid.protonj2.types.UnsignedLong;
import org.apache.qpid.protonj2.types.messaging.Accepted;
import org.apache.qpid.protonj2.types.messaging.Rejected;

/** A link on which a client sends. */
final class IncomingLink {

    private static final int CREDIT = 500;

    private final AmqpPeer peer;
    private final Receiver receiver;
    private final int maxMessageSize;
    private final Inbox inbox;

    /** The destination of the messages. */
    interface Inbox {

        /**
         * @return whether to confirm it to the client
         * @throws RefusedException when the message is to be rejected
         */
        boolean accept(byte[] encoded, int messageFormat);
    }

    IncomingLink(AmqpPeer peer, Receiver receiver, int maxMessageSize, Inbox inbox) {
        this.peer = peer;
        this.receiver = receiver;
        this.maxMessageSize = maxMessageSize;
        this.inbox = inbox;
    }

    void open() {
        receiver.setSenderSettleMode(receiver.getRemoteSenderSettleMode());
        receiver.setReceiverSettleMode(receiver.getRemoteReceiverSettleMode());
        receiver.setMaxMessageSize(UnsignedLong.valueOf(maxMessageSize));
        receiver.deliveryReadHandler(this::read);
        receiver.open();
        receiver.addCredit(CREDIT);
    }

    private void read(IncomingDelivery delivery) {
        try {
            if (delivery.isAborted()) {
                delivery.settle();
            } else if (delivery.isPartial()) {
                dropIfTooLarge(delivery);
                return;
            } else {
                receive(delivery);
            }
            if (receiver.getCredit() <= CREDIT / 2) {
                receiver.addCredit(CREDIT - receiver.getCredit());
            }
        } catch (RuntimeException e) {
            // The engine ignores exceptions of transfer handlers.
            peer.fail(e);
        }
    }

    /** A delivery can be settled only after its last transfer; until then its bytes are discarded. */
    private boolean dropIfTooLarge(IncomingDelivery delivery) {
        Long dropped = delivery.getLinkedResource();
        if (dropped == null && delivery.available() <= maxMessageSize) {
            return false;
        }
        delivery.setLinkedResource((dropped == null ? 0 : dropped) + delivery.available());
        ProtonBuffer bytes = delivery.readAll();
        if (bytes != null) {
            bytes.close();
        }
        return true;
    }

    private void receive(IncomingDelivery delivery) {
        try {
            if (dropIfTooLarge(delivery)) {
                throw new RefusedException(RefusedException.MESSAGE_SIZE_EXCEEDED, "The received message (size:"
                        + delivery.getLinkedResource() + " bytes) exceeds the limit (" + maxMessageSize
                        + " bytes) currently allowed on the link.");
            }
            ProtonBuffer bytes = delivery.readAll();
            if (inbox.accept(bytes == null ? new byte[0] : MessageCodec.bytes(bytes), delivery.getMessageFormat())) {
                delivery.disposition(Accepted.getInstance(), true);
            } else {
                peer.drop();
            }
        } catch (RefusedException e) {
            delivery.disposition(new Rejected(e.error()), true);
        }
    }
}
