package ecommerce.inventory.transaction;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import ecommerce.inventory.failure.LockedException;
import org.apache.camel.Exchange;

/** A message in a {@link CommitLine}. Its thread waits for its turn. */
final class BatchMember {

    enum Turn {
        /** Lead the next transaction, for all its members. */
        LEAD,
        /** Nothing: the message is committed, or has failed for good. */
        DONE,
        /** Be handled in a transaction of its own. */
        ALONE,
        /** Wait for a locked product, in the other line. */
        ASIDE
    }

    final Exchange exchange;
    final CompletableFuture<Turn> turn = new CompletableFuture<>();
    private final LockedProducts locked;
    /** The members of its transaction if it leads, including itself. */
    List<BatchMember> followers;
    Turn outcome = Turn.ALONE;

    BatchMember(Exchange exchange, LockedProducts locked) {
        this.exchange = exchange;
        this.locked = locked;
    }

    Map<String, Object> message() {
        return MessageList.message(exchange);
    }

    List<String> lockedProducts() {
        return locked.wantedBy(message());
    }

    /** The outcome of a transaction that was for this message alone is final. */
    void end(Exchange alone) {
        end(exchange, alone);
        outcome = Turn.DONE;
    }

    static void end(Exchange exchange, Exchange alone) {
        exchange.setException(alone.getException());
        exchange.setRollbackOnly(alone.isRollbackOnly());
    }

    void fail() {
        exchange.setException(new LockedException("product " + String.join(", ", lockedProducts())));
        outcome = Turn.DONE;
    }
}
