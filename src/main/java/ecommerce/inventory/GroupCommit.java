package ecommerce.inventory;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;

import ecommerce.inventory.inbox.Failures;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Processor;
import org.apache.camel.Route;
import org.apache.camel.spi.TransactedPolicy;
import org.apache.camel.support.processor.DelegateAsyncProcessor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The policy of the {@code transacted} block in which messages are handled: a {@link TransactionPolicy} in which messages of
 * type OrderCreated that wait share one transaction. While one transaction of orders runs, those that come meanwhile are
 * collected, and the next one takes them all, up to a bound; as many as that do not wait for its end, but for that of a second
 * one. An order that comes alone is not kept waiting. Each message goes on only when the transaction that it was part of has
 * committed.
 * <p>
 * In a shared transaction the block is run once, with one exchange for all of them: variable {@code messages} and the body are the
 * list of their messages (variable {@code message}); {@code message} and {@code messageBody} are not set. If it fails, nothing is
 * told to any of them: each is handled again in a transaction of its own, and so is a message that is tried again. So the
 * failure of one costs the others no more than a rollback.
 */
class GroupCommit implements TransactedPolicy {

    private static final Logger LOG = LoggerFactory.getLogger(GroupCommit.class);
    private static final String TYPE = "OrderCreated";
    /** While one waits for the database, the messages of the other are finished and settled. More would only wait for its locks. */
    private static final int TRANSACTIONS = 2;

    private final TransactedPolicy transaction;
    private final int limit;

    /** @param limit messages in a transaction, at most; with 1 each has its own, and none waits for another */
    GroupCommit(TransactedPolicy transaction, int limit) {
        this.transaction = transaction;
        this.limit = limit;
    }

    @Override
    public void beforeWrap(Route route, NamedNode definition) {
        transaction.beforeWrap(route, definition);
    }

    @Override
    public Processor wrap(Route route, Processor processor) {
        return new Group(transaction.wrap(route, processor));
    }

    private enum Turn {
        /** To commit for all that it was given. */
        LEAD,
        COMMITTED,
        ALONE
    }

    /** One that waits for its turn. */
    private static final class Member {

        private final Exchange exchange;
        private final CompletableFuture<Turn> turn = new CompletableFuture<>();
        /** Those that it commits for if it leads, itself among them. */
        private List<Member> followers;

        Member(Exchange exchange) {
            this.exchange = exchange;
        }
    }

    private final class Group extends DelegateAsyncProcessor {

        private final Queue<Member> waiting = new ArrayDeque<>();
        private int transactions;

        Group(Processor transaction) {
            super(transaction);
        }

        @Override
        public boolean process(Exchange exchange, AsyncCallback callback) {
            process(exchange);
            callback.done(true);
            return true;
        }

        @Override
        public void process(Exchange exchange) {
            boolean triedBefore = exchange.getMessage().getHeader(Exchange.REDELIVERY_COUNTER, 0, int.class) > 0;
            if (limit == 1 || triedBefore || !TYPE.equals(exchange.getVariable("messageType")) || !together(exchange)) {
                transact(exchange);
            }
        }

        /** A transaction is done by the thread that began it, whatever the call. */
        private void transact(Exchange exchange) {
            try {
                super.process(exchange, doneSync -> {
                });
            } catch (Throwable e) {
                exchange.setException(e);
            }
        }

        /** @return whether the exchange is done; if not it is to be handled alone */
        private boolean together(Exchange exchange) {
            Member member = new Member(exchange);
            synchronized (waiting) {
                waiting.add(member);
                beginNext();
            }
            Turn turn = member.turn.join();
            return turn == Turn.LEAD ? lead(member.followers) : turn == Turn.COMMITTED;
        }

        /** Has the first that waits lead the next transaction, if none runs, or if enough wait to fill another beside it. */
        private void beginNext() {
            if (transactions == 0 && !waiting.isEmpty() || transactions < TRANSACTIONS && waiting.size() >= limit) {
                transactions++;
                Member leader = waiting.element();
                leader.followers = new ArrayList<>();
                while (!waiting.isEmpty() && leader.followers.size() < limit) {
                    leader.followers.add(waiting.remove());
                }
                leader.turn.complete(Turn.LEAD);
            }
        }

        /** For the first of the members, which is the caller, and for all others. */
        private boolean lead(List<Member> members) {
            Turn outcome = Turn.ALONE;
            try {
                if (members.size() == 1) {
                    transact(members.get(0).exchange);
                    return true;
                }
                outcome = commit(members.stream().map(member -> member.exchange).toList());
                return outcome == Turn.COMMITTED;
            } finally {
                synchronized (waiting) {
                    transactions--;
                    beginNext();
                }
                for (Member member : members) {
                    member.turn.complete(outcome);
                }
            }
        }

        private Turn commit(List<Exchange> exchanges) {
            Exchange all = exchanges.get(0).copy();
            // Where Camel keeps that a transaction is open.
            all.getExchangeExtension().setUnitOfWork(exchanges.get(0).getUnitOfWork());
            List<?> messages = exchanges.stream().map(exchange -> exchange.getVariable("message")).toList();
            all.removeVariable("message");
            all.removeVariable("messageBody");
            all.setVariable("messages", messages);
            all.getMessage().setBody(messages);
            transact(all);
            if (all.getException() == null && !all.isRollbackOnly()) {
                return Turn.COMMITTED;
            }
            LOG.info("{} messages that were handled together were rolled back, and are handled one by one: {}", exchanges.size(),
                all.getException() == null ? "a step asked for it" : Failures.rootCause(all.getException()));
            return Turn.ALONE;
        }
    }
}
