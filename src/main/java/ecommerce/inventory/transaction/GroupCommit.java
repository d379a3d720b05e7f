package ecommerce.inventory.transaction;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;

import ecommerce.inventory.failure.Failures;
import ecommerce.inventory.failure.LockedException;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Processor;
import org.apache.camel.Route;
import org.apache.camel.spi.TransactedPolicy;
import org.apache.camel.support.processor.DelegateAsyncProcessor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;

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
 * <p>
 * A transaction waits for a lock for almost a second (variable {@code lockWait}), and less if its message is tried again. If somebody
 * keeps a product locked for longer, the orders that do not want it go on together. Those that want it, and those that come until
 * one has had it, stand in a line of their own: one transaction at a time waits for the lock, for two seconds. If that is in vain
 * they fail with a {@link LockedException}, and so do those that come while the next one waits. So a product that is locked for long
 * costs a connection, and nobody else's time.
 */
public class GroupCommit implements TransactedPolicy {

    private static final Logger LOG = LoggerFactory.getLogger(GroupCommit.class);
    private static final String TYPE = "OrderCreated";
    /** While one waits for the database, the messages of the other are finished and settled. More would only wait for its locks. */
    private static final int TRANSACTIONS = 2;
    /** The variable, and what it is for all, for a message that is tried again, and for one that nobody else waits for. */
    private static final String LOCK_WAIT = "lockWait";
    private static final String SHORT = "900ms";
    private static final String SHORTER = "400ms";
    private static final String LONG = "2s";

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

    private enum Turn {
        /** To commit for all that it was given. */
        LEAD,
        /** Committed, or failed for good. */
        DONE,
        ALONE,
        /** To wait for a locked product. */
        ASIDE
    }

    /** One that waits for its turn. */
    private final class Member {

        private final Exchange exchange;
        private final CompletableFuture<Turn> turn = new CompletableFuture<>();
        /** Those that it commits for if it leads, itself among them. */
        private List<Member> followers;
        private Turn outcome = Turn.ALONE;

        Member(Exchange exchange) {
            this.exchange = exchange;
        }

        @SuppressWarnings("unchecked")
        Map<String, Object> message() {
            return exchange.getVariable("message", Map.class);
        }

        List<String> lockedProducts() {
            return locked.wantedBy(message());
        }

        void fail() {
            exchange.setException(new LockedException("product " + String.join(", ", lockedProducts())));
            outcome = Turn.DONE;
        }
    }

    private static boolean committed(Exchange exchange) {
        return exchange.getException() == null && !exchange.isRollbackOnly();
    }

    private final class Group extends DelegateAsyncProcessor {

        private final Line line = new Line(TRANSACTIONS, SHORT);
        private final Line lineForLocked = new Line(1, LONG);

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
                exchange.setVariable(LOCK_WAIT, triedBefore ? SHORTER : SHORT);
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
            Turn turn = member.lockedProducts().isEmpty() ? line.turn(member) : Turn.ASIDE;
            if (turn == Turn.ASIDE) {
                turn = lineForLocked.turn(new Member(exchange));
            }
            return turn == Turn.DONE;
        }

        /** Where orders wait for their turn, and what a turn is. */
        private final class Line {

            private final int most;
            private final String lockWait;
            private final Queue<Member> waiting = new ArrayDeque<>();
            private int transactions;
            /** The last one has waited in vain. */
            private boolean inVain;

            /** @param most transactions at a time */
            Line(int most, String lockWait) {
                this.most = most;
                this.lockWait = lockWait;
            }

            Turn turn(Member member) {
                synchronized (waiting) {
                    if (inVain && transactions > 0) {
                        member.fail();
                        return member.outcome;
                    }
                    waiting.add(member);
                    beginNext();
                }
                Turn turn = member.turn.join();
                return turn == Turn.LEAD ? lead(member) : turn;
            }

            /** Has the first that waits lead the next transaction, if none runs, or if enough wait to fill another beside it. */
            private void beginNext() {
                if (transactions == 0 && !waiting.isEmpty() || transactions < most && waiting.size() >= limit) {
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
            private Turn lead(Member leader) {
                List<Member> members = leader.followers;
                List<Member> failed = List.of();
                try {
                    Exchange all = members.size() == 1 ? handle(leader) : share(members);
                    if (all.getException() != null && Failures.lockTimeout(all.getException())) {
                        failed = waitedInVain(members);
                    }
                } catch (DataAccessException e) {
                    LOG.info("Which products are locked could not be found: {}", Failures.rootCause(e));
                } finally {
                    List<Member> done = new ArrayList<>(members);
                    synchronized (waiting) {
                        transactions--;
                        inVain = !failed.isEmpty();
                        if (inVain) {
                            waiting.forEach(Member::fail);
                            done.addAll(waiting);
                            waiting.clear();
                        }
                        beginNext();
                    }
                    done.forEach(member -> member.turn.complete(member.outcome));
                }
                return leader.outcome;
            }

            /** A single one has a transaction like all those that are handled alone. */
            private Exchange handle(Member member) {
                member.exchange.setVariable(LOCK_WAIT, lockWait);
                transact(member.exchange);
                member.outcome = Turn.DONE;
                if (committed(member.exchange)) {
                    locked.had(List.of(member.message()));
                }
                return member.exchange;
            }

            /** @return what stood for all, which are done if it has committed */
            private Exchange share(List<Member> members) {
                Exchange first = members.get(0).exchange;
                List<Map<String, Object>> messages = members.stream().map(Member::message).toList();
                Exchange all = first.copy();
                // Where Camel keeps that a transaction is open.
                all.getExchangeExtension().setUnitOfWork(first.getUnitOfWork());
                all.removeVariable("message");
                all.removeVariable("messageBody");
                all.setVariable("messages", messages);
                all.setVariable(LOCK_WAIT, lockWait);
                all.getMessage().setBody(messages);
                transact(all);
                if (committed(all)) {
                    locked.had(messages);
                    members.forEach(member -> member.outcome = Turn.DONE);
                } else {
                    LOG.info("{} messages that were handled together were rolled back, and are handled otherwise: {}", members.size(),
                        all.getException() == null ? "a step asked for it" : Failures.rootCause(all.getException()));
                }
                return all;
            }

            /**
             * A lock was waited for in vain: has those that do not want a locked product go on.
             *
             * @return those that have failed, as they have waited as long as one waits
             */
            private List<Member> waitedInVain(List<Member> members) {
                locked.find(members.stream().map(Member::message).toList());
                List<Member> others = new ArrayList<>(members);
                List<Member> wanting = members.stream().filter(member -> !member.lockedProducts().isEmpty()).toList();
                others.removeAll(wanting);
                if (this == lineForLocked) {
                    wanting.forEach(Member::fail);
                } else if (members.size() > 1) {
                    wanting.forEach(member -> member.outcome = Turn.ASIDE);
                }
                if (members.size() > 1 && !others.isEmpty()) {
                    share(others);
                }
                return this == lineForLocked ? wanting : List.of();
            }
        }
    }
}
