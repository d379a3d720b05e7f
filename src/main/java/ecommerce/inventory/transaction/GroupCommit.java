package ecommerce.inventory.transaction;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

import ecommerce.inventory.failure.LockedException;
import ecommerce.inventory.transaction.BatchMember.Turn;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Processor;
import org.apache.camel.Route;
import org.apache.camel.spi.TransactedPolicy;
import org.apache.camel.support.processor.DelegateAsyncProcessor;

/**
 * The policy of the {@code transacted} block in which messages are handled: a {@link TransactionPolicy} in which waiting messages of one
 * type share a transaction. The route decides which messages may do so: it sets variable {@code groupedTypes} to the names of their types,
 * separated by commas.
 * <p>
 * Messages that arrive during a transaction join the next one, up to a limit. When a full batch is already waiting, a second transaction
 * starts in parallel; there are never more than two. A message that arrives alone does not wait for others. Each message continues only
 * after the commit of its transaction.
 * <p>
 * The block is run once for all messages of its transaction, or for a single one, with an exchange of its own, whose body is the list of
 * them ({@link MessageList}). If a shared transaction fails, each message is handled again in a transaction of its own, and so is a
 * message that is retried. So a failure of one costs the others no more than a rollback.
 * <p>
 * A transaction waits for a lock for almost a second (variable {@code lockWait}), and less if its message is retried. If another session
 * keeps a product locked for longer, the messages that do not want the product are handled together. The others, and those that arrive
 * until one of them has obtained the lock, wait in a line of their own: one transaction at a time waits for the lock, for two seconds. If
 * it waits in vain, they fail with a {@link LockedException}, and so do those that arrive while the next one waits. So a product that is
 * locked for long costs one connection, and does not delay other messages.
 */
public class GroupCommit implements TransactedPolicy {

    private static final Pattern COMMA = Pattern.compile("\\s*,\\s*");
    /** Variable: how long the transaction waits for a lock. */
    private static final String LOCK_WAIT = "lockWait";
    private static final String RETRY_WAIT = "400ms";

    private final TransactedPolicy transaction;
    private final int limit;
    private final LockedProducts locked;

    /** @param limit messages in a transaction, at most; with 1 each has its own, and none waits for another */
    public GroupCommit(TransactedPolicy transaction, int limit, LockedProducts locked) {
        this.transaction = transaction;
        this.limit = limit;
        this.locked = locked;
    }

    @Override
    public void beforeWrap(Route route, NamedNode definition) {
        transaction.beforeWrap(route, definition);
    }

    @Override
    public Processor wrap(Route route, Processor processor) {
        return new Group(transaction.wrap(route, processor));
    }

    private final class Group extends DelegateAsyncProcessor {

        private final Map<String, CommitLine> lines = new ConcurrentHashMap<>();
        private final Map<String, CommitLine> linesForLocked = new ConcurrentHashMap<>();

        Group(Processor transaction) {
            super(transaction);
        }

        @Override
        public boolean process(Exchange exchange, AsyncCallback callback) {
            try {
                process(exchange);
            } catch (RuntimeException e) {
                // For example a variable of the wrong type. Thrown from here, it would leave the message without an outcome.
                exchange.setException(e);
            }
            callback.done(true);
            return true;
        }

        @Override
        public void process(Exchange exchange) {
            boolean retried = exchange.getMessage().getHeader(Exchange.REDELIVERY_COUNTER, 0, int.class) > 0;
            String type = exchange.getVariable("messageType", String.class);
            boolean grouped = Arrays.asList(COMMA.split(exchange.getVariable("groupedTypes", "", String.class))).contains(type);
            if (limit == 1 || retried || !grouped || share(exchange, type) != Turn.DONE) {
                BatchMember.end(exchange, handle(exchange, List.of(MessageList.message(exchange)), retried ? RETRY_WAIT : CommitLine.SHORT_WAIT));
            }
        }

        /** Always synchronous: Spring binds a transaction to the thread that began it. */
        private Exchange handle(Exchange first, List<Map<String, Object>> messages, String lockWait) {
            Exchange all = first.copy();
            // The unit of work is where Camel notes that a transaction is open.
            all.getExchangeExtension().setUnitOfWork(first.getUnitOfWork());
            all.setVariable(LOCK_WAIT, lockWait);
            MessageList.set(all, messages);
            try {
                super.process(all, doneSync -> {
                });
            } catch (Throwable e) {
                all.setException(e);
            }
            return all;
        }

        private Turn share(Exchange exchange, String type) {
            boolean wantsLocked = !locked.wantedBy(MessageList.message(exchange)).isEmpty();
            Turn turn = wantsLocked ? Turn.ASIDE
                : lines.computeIfAbsent(type, one -> new CommitLine(false, limit, locked, this::handle)).take(exchange);
            return turn != Turn.ASIDE ? turn
                : linesForLocked.computeIfAbsent(type, one -> new CommitLine(true, limit, locked, this::handle)).take(exchange);
        }
    }
}
