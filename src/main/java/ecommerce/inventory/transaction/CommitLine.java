package ecommerce.inventory.transaction;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;

import ecommerce.inventory.failure.Failures;
import ecommerce.inventory.transaction.BatchMember.Turn;
import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;

/**
 * A line of messages of one type that wait for a transaction. The first in the line leads the next transaction, in its own thread, for
 * those behind it as well.
 */
final class CommitLine {

    static final String SHORT_WAIT = "900ms";
    private static final String LONG_WAIT = "2s";

    /** Handles messages in one transaction. */
    @FunctionalInterface
    interface Transaction {

        /**
         * @param first    the exchange of the first message
         * @param lockWait how long to wait for a lock
         * @return         the exchange that stood for all of them, with the failure
         */
        Exchange handle(Exchange first, List<Map<String, Object>> messages, String lockWait);
    }

    private static final Logger LOG = LoggerFactory.getLogger(CommitLine.class);
    /** Two overlap usefully: while one waits for the database, the other's messages are settled. A third would only wait for locks. */
    private static final int TRANSACTIONS = 2;

    private final boolean forLocked;
    private final int limit;
    private final LockedProducts locked;
    private final Transaction transaction;
    private final Queue<BatchMember> waiting = new ArrayDeque<>();
    private int transactions;
    /** Whether the last transaction waited for a locked product in vain. */
    private boolean inVain;

    /**
     * @param forLocked   whether this is the line of the messages that want a locked product
     * @param limit       messages in a transaction, at most
     * @param transaction handles messages
     */
    CommitLine(boolean forLocked, int limit, LockedProducts locked, Transaction transaction) {
        this.forLocked = forLocked;
        this.limit = limit;
        this.locked = locked;
        this.transaction = transaction;
    }

    /** Waits until the message is handled, or is to be handled otherwise. */
    Turn take(Exchange exchange) {
        BatchMember member = new BatchMember(exchange, locked);
        synchronized (waiting) {
            if (inVain && transactions > 0) {
                member.fail();
                return member.outcome;
            }
            waiting.add(member);
            startNext();
        }
        Turn turn = member.turn.join();
        return turn == Turn.LEAD ? lead(member) : turn;
    }

    /** Starts a transaction if none runs, or a second one if a full batch waits. */
    private void startNext() {
        boolean another = !forLocked && transactions < TRANSACTIONS && waiting.size() >= limit;
        if (transactions == 0 && !waiting.isEmpty() || another) {
            transactions++;
            BatchMember leader = waiting.element();
            leader.followers = new ArrayList<>();
            while (!waiting.isEmpty() && leader.followers.size() < limit) {
                leader.followers.add(waiting.remove());
            }
            leader.turn.complete(Turn.LEAD);
        }
    }

    private Turn lead(BatchMember leader) {
        List<BatchMember> members = leader.followers;
        List<BatchMember> failed = List.of();
        try {
            Exchange all = share(members);
            if (members.size() == 1) {
                leader.end(all);
            }
            if (all.getException() != null && Failures.lockTimeout(all.getException())) {
                failed = waitedInVain(members);
            }
        } catch (DataAccessException e) {
            LOG.info("The locked products could not be determined: {}", Failures.rootCause(e));
        } finally {
            List<BatchMember> done = new ArrayList<>(members);
            synchronized (waiting) {
                transactions--;
                inVain = !failed.isEmpty();
                if (inVain) {
                    waiting.forEach(BatchMember::fail);
                    done.addAll(waiting);
                    waiting.clear();
                }
                startNext();
            }
            done.forEach(member -> member.turn.complete(member.outcome));
        }
        return leader.outcome;
    }

    /** @return the exchange that stood for all; they are done if it has committed */
    private Exchange share(List<BatchMember> members) {
        List<Map<String, Object>> messages = members.stream().map(BatchMember::message).toList();
        Exchange all = transaction.handle(members.get(0).exchange, messages, forLocked ? LONG_WAIT : SHORT_WAIT);
        if (all.getException() == null && !all.isRollbackOnly()) {
            locked.had(messages);
            members.forEach(member -> member.outcome = Turn.DONE);
        } else if (members.size() > 1) {
            LOG.info("A transaction of {} messages was rolled back, and they are handled separately: {}", members.size(),
                all.getException() == null ? "a step asked for it" : Failures.rootCause(all.getException()));
        }
        return all;
    }

    /**
     * After a lock timeout: releases the members that do not want a locked product, to be handled.
     *
     * @return the members that have failed, as they have waited long enough
     */
    private List<BatchMember> waitedInVain(List<BatchMember> members) {
        locked.find(members.stream().map(BatchMember::message).toList());
        List<BatchMember> others = new ArrayList<>(members);
        List<BatchMember> wanting = members.stream().filter(member -> !member.lockedProducts().isEmpty()).toList();
        others.removeAll(wanting);
        if (forLocked) {
            wanting.forEach(BatchMember::fail);
        } else if (members.size() > 1) {
            wanting.forEach(member -> member.outcome = Turn.ASIDE);
        }
        if (members.size() > 1 && !others.isEmpty()) {
            share(others);
        }
        return forLocked ? wanting : List.of();
    }
}
