package ecommerce.inventory.transaction;

import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import javax.sql.DataSource;

import ecommerce.inventory.failure.LockedException;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Processor;
import org.apache.camel.Route;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.impl.engine.DefaultUnitOfWork;
import org.apache.camel.spi.TransactedPolicy;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which messages share a transaction, and their outcome when it fails. The transaction is a stub. */
class GroupCommitTest {

    private static final int LIMIT = 4;

    private final DefaultCamelContext camel = new DefaultCamelContext();
    /** The orders of each attempted transaction. */
    private final List<List<String>> transactions = new CopyOnWriteArrayList<>();
    private final CountDownLatch slowMayCommit = new CountDownLatch(1);
    private volatile boolean locksAreOfProducts = true;
    /** Each permit ends one wait for a lock, as its time limit would. */
    private final Semaphore longWaits = new Semaphore(0);
    private final CountDownLatch slowerMayCommit = new CountDownLatch(1);
    private final List<Thread> threads = new ArrayList<>();
    private final LockedProducts locked = new Locks();
    /** Products that another session keeps locked. */
    private final Set<String> keptLocked = ConcurrentHashMap.newKeySet();
    private Processor group = new GroupCommit(new Stub(), LIMIT, locked).wrap(null, this::transaction);

    /** Returns the block unchanged. */
    private static class Stub implements TransactedPolicy {

        @Override
        public void beforeWrap(Route route, NamedNode definition) {
        }

        @Override
        public Processor wrap(Route route, Processor processor) {
            return processor;
        }
    }

    /** Each order contains the product with the order's name. */
    private class Locks extends LockedProducts {

        private final Set<String> found = ConcurrentHashMap.newKeySet();

        Locks() {
            super(mock(DataSource.class));
        }

        @Override
        void find(Collection<Map<String, Object>> orders) {
            orders.stream().map(GroupCommitTest::orderOf).forEach(order -> {
                found.remove(order);
                if (locksAreOfProducts && keptLocked.contains(order)) {
                    found.add(order);
                }
            });
        }

        @Override
        void had(Collection<Map<String, Object>> orders) {
            orders.stream().map(GroupCommitTest::orderOf).forEach(found::remove);
        }

        @Override
        List<String> wantedBy(Map<String, Object> order) {
            return found.contains(orderOf(order)) ? List.of(orderOf(order)) : List.of();
        }
    }

    @AfterEach
    void close() throws IOException {
        slowMayCommit.countDown();
        longWaits.release(1000);
        slowerMayCommit.countDown();
        camel.close();
    }

    /** A transaction with an order "slow" or "slower" waits until the test lets it commit; one with an order "bad" fails. */
    private void transaction(Exchange exchange) throws InterruptedException {
        List<String> orders = ((List<?>) exchange.getMessage().getBody()).stream().map(message -> orderOf((Map<?, ?>) message)).toList();
        transactions.add(orders);
        if (orders.contains("slow")) {
            slowMayCommit.await();
        }
        if (orders.contains("slower")) {
            slowerMayCommit.await();
        }
        if ("2s".equals(exchange.getVariable("lockWait")) && orders.stream().anyMatch(keptLocked::contains)) {
            longWaits.acquire();
        }
        if (orders.stream().anyMatch(keptLocked::contains)) {
            exchange.setException(new SQLException("canceling statement due to lock timeout", "55P03"));
        }
        if (orders.contains("bad")) {
            exchange.setException(new IllegalStateException("bad"));
        }
        exchange.setRollbackOnly(orders.contains("rolled back"));
    }

    private static String orderOf(Map<?, ?> message) {
        return (String) message.get("orderId");
    }

    @Test
    void anOrderThatComesAloneIsNotKeptWaiting() {
        slowMayCommit.countDown();

        assertThat(handle("OrderCreated", "slow").join().getException()).isNull();

        assertThat(transactions).containsExactly(List.of("slow"));
    }

    @Test
    void ordersThatComeWhileATransactionRunsShareTheNext() {
        CompletableFuture<Exchange> first = whileTheFirstRuns();
        List<CompletableFuture<Exchange>> others = List.of(handleAndWait("2"), handleAndWait("slower"), handleAndWait("4"));
        assertThat(others).as("none is finished before its transaction").noneMatch(CompletableFuture::isDone);

        slowMayCommit.countDown();

        assertThat(first.join().getException()).isNull();
        await().until(() -> transactions.size() == 2);
        assertThat(handle("PaymentProcessed", "5").join().getException()).as("another message, handled in the meantime").isNull();
        assertThat(others).as("none is finished before the end of its transaction").noneMatch(CompletableFuture::isDone);

        slowerMayCommit.countDown();

        others.forEach(other -> assertThat(other.join().getException()).isNull());
        assertThat(transactions).containsExactly(List.of("slow"), List.of("2", "slower", "4"), List.of("5"));
    }

    @Test
    void asManyAsATransactionTakesDoNotWaitForTheEndOfTheFirst() {
        CompletableFuture<Exchange> first = whileTheFirstRuns();
        List<CompletableFuture<Exchange>> others = List.of(handleAndWait("2"), handleAndWait("3"), handleAndWait("4"), handle("OrderCreated", "5"));

        await().until(() -> others.stream().allMatch(CompletableFuture::isDone));
        others.forEach(other -> assertThat(other.join().getException()).isNull());

        assertThat(first).isNotDone();
        assertThat(transactions).containsExactly(List.of("slow"), List.of("2", "3", "4", "5"));
    }

    @Test
    void notMoreThanTwoTransactionsRunAndNoneTakesMoreThanTheLimit() {
        whileTheFirstRuns();
        List.of("2", "3", "4").forEach(this::handleAndWait);
        handle("OrderCreated", "slow");
        await().until(() -> transactions.size() == 2);
        List<CompletableFuture<Exchange>> others = Stream.of("6", "7", "8", "9", "10").map(this::handleAndWait).toList();
        assertThat(transactions).containsExactly(List.of("slow"), List.of("2", "3", "4", "slow"));

        slowMayCommit.countDown();

        others.forEach(other -> assertThat(other.join().getException()).isNull());
        assertThat(transactions).hasSize(4).contains(List.of("6", "7", "8", "9"), List.of("10"));
    }

    @Test
    void ifTheSharedTransactionFailsEachOrderIsHandledAloneAndOnlyTheBadOneFails() {
        whileTheFirstRuns();
        CompletableFuture<Exchange> good = handleAndWait("2");
        CompletableFuture<Exchange> bad = handleAndWait("bad");
        CompletableFuture<Exchange> better = handleAndWait("3");

        slowMayCommit.countDown();

        assertThat(good.join().getException()).isNull();
        assertThat(bad.join().getException()).hasMessage("bad");
        assertThat(better.join().getException()).isNull();
        assertThat(transactions).startsWith(List.of("slow"), List.of("2", "bad", "3")).hasSize(5)
            .contains(List.of("2"), List.of("bad"), List.of("3"));
    }

    @Test
    void ifAStepRollsBackWithoutAFailureEachOrderIsHandledAloneToo() {
        whileTheFirstRuns();
        CompletableFuture<Exchange> good = handleAndWait("2");
        CompletableFuture<Exchange> rolledBack = handleAndWait("rolled back");

        slowMayCommit.countDown();

        assertThat(good.join().isRollbackOnly()).isFalse();
        assertThat(rolledBack.join().isRollbackOnly()).isTrue();
        assertThat(transactions).hasSize(4).contains(List.of("2"), List.of("rolled back"));
    }

    @Test
    void afterAFailureTheNextOrdersAreHandledTogetherAgain() {
        whileTheFirstRuns();
        List<CompletableFuture<Exchange>> failing = IntStream.range(0, LIMIT).mapToObj(i -> handle("OrderCreated", "bad")).toList();
        failing.forEach(bad -> assertThat(bad.join().getException()).hasMessage("bad"));
        CompletableFuture<Exchange> next = handleAndWait("7");
        CompletableFuture<Exchange> last = handleAndWait("8");

        slowMayCommit.countDown();

        assertThat(next.join().getException()).isNull();
        assertThat(last.join().getException()).isNull();
        assertThat(transactions).contains(List.of("7", "8"));
    }

    @Test
    void ordersThatDoNotWantALockedProductGoOnTogetherAndTheOthersWaitInALineOfTheirOwn() {
        keptLocked.add("locked");
        whileTheFirstRuns();
        List<CompletableFuture<Exchange>> free = List.of(handleAndWait("2"), handleAndWait("3"));
        List<CompletableFuture<Exchange>> wanting = new ArrayList<>(List.of(handleAndWait("locked"), handleAndWait("locked")));

        slowMayCommit.countDown();

        free.forEach(order -> assertThat(order.join().getException()).isNull());
        await().until(() -> longWaits.hasQueuedThreads());
        wanting.add(handleAndWait("locked"));
        assertThat(handle("OrderCreated", "4").join().getException()).isNull();
        assertThat(transactions).as("while one waits").startsWith(List.of("slow"), List.of("2", "3", "locked", "locked")).hasSize(5)
            .contains(List.of("2", "3"), List.of("4"));
        assertThat(wanting).noneMatch(CompletableFuture::isDone);

        keptLocked.clear();
        longWaits.release();

        wanting.forEach(order -> assertThat(order.join().getException()).isNull());
        assertThat(transactions.stream().skip(2).flatMap(List::stream).filter("locked"::equals)).as("each in one more").hasSize(3);
    }

    @Test
    void aProductThatIsLockedForLongCostsOneTransactionAtATimeAndAllThatWantItFail() {
        keptLocked.add("locked");
        whileTheFirstRuns();
        List<CompletableFuture<Exchange>> wanting = new ArrayList<>(List.of(handleAndWait("locked"), handleAndWait("locked")));
        slowMayCommit.countDown();
        await().until(() -> longWaits.hasQueuedThreads());
        wanting.add(handleAndWait("locked"));

        longWaits.release();

        wanting.forEach(order -> assertThat(order.join().getException()).isInstanceOf(LockedException.class).hasMessageEndingWith("product locked"));
        int before = transactions.size();
        CompletableFuture<Exchange> next = handleAndWait("locked");
        assertThat(handle("OrderCreated", "locked").join().getException()).as("while the next one waits").isInstanceOf(LockedException.class);
        assertThat(handle("OrderCreated", "5").join().getException()).isNull();
        assertThat(transactions).hasSize(before + 2);

        keptLocked.clear();
        longWaits.release();

        assertThat(next.join().getException()).isNull();
        assertThat(handle("OrderCreated", "locked").join().getException()).as("like any other").isNull();
        assertThat(longWaits.availablePermits()).isZero();
    }

    @Test
    void anOrderThatIsAloneWithALockedProductFailsAndTheNextOneStandsInTheOtherLine() {
        keptLocked.add("locked");

        assertThat(handle("OrderCreated", "locked").join().getException()).isInstanceOf(SQLException.class);
        CompletableFuture<Exchange> next = handleAndWait("locked");
        await().until(() -> longWaits.hasQueuedThreads());
        keptLocked.clear();
        longWaits.release();

        assertThat(next.join().getException()).isNull();
    }

    @Test
    void aLockThatIsNoProductsCostsOneMoreTryTogetherAndThenEachIsHandledAlone() {
        keptLocked.add("the order itself");
        whileTheFirstRuns();
        CompletableFuture<Exchange> good = handleAndWait("2");
        CompletableFuture<Exchange> lockedOrder = handleAndWait("the order itself");
        locksAreOfProducts = false;

        slowMayCommit.countDown();

        assertThat(good.join().getException()).isNull();
        assertThat(lockedOrder.join().getException()).isInstanceOf(SQLException.class);
        assertThat(transactions).startsWith(List.of("slow"), List.of("2", "the order itself"), List.of("2", "the order itself")).hasSize(5)
            .contains(List.of("2"), List.of("the order itself"));
    }

    @Test
    void messagesOfOtherTypesAndOrdersThatAreTriedAgainDoNotWait() {
        whileTheFirstRuns();

        assertThat(handle("PaymentProcessed", "2").join().getException()).isNull();
        Exchange again = exchange("OrderCreated", "3");
        again.getMessage().setHeader(Exchange.REDELIVERY_COUNTER, 1);
        assertThat(handle(again).join().getException()).isNull();

        assertThat(transactions).containsExactly(List.of("slow"), List.of("2"), List.of("3"));
    }

    @Test
    void messagesOfTwoTypesThatMayShareATransactionDoNotShareOne() {
        whileTheFirstRuns();

        assertThat(handle("ReturnReceived", "2").join().getException()).isNull();

        assertThat(transactions).containsExactly(List.of("slow"), List.of("2"));
    }

    @Test
    void withALimitOfOneNoOrderWaitsForAnother() {
        group = new GroupCommit(new Stub(), 1, locked).wrap(null, this::transaction);
        whileTheFirstRuns();

        assertThat(handle("OrderCreated", "2").join().getException()).isNull();

        assertThat(transactions).containsExactly(List.of("slow"), List.of("2"));
    }

    private CompletableFuture<Exchange> whileTheFirstRuns() {
        CompletableFuture<Exchange> first = handle("OrderCreated", "slow");
        await().until(() -> !transactions.isEmpty());
        return first;
    }

    private CompletableFuture<Exchange> handleAndWait(String orderId) {
        CompletableFuture<Exchange> handled = handle("OrderCreated", orderId);
        Thread thread = threads.get(threads.size() - 1);
        await().until(() -> thread.getState() == Thread.State.WAITING);
        return handled;
    }

    private CompletableFuture<Exchange> handle(String type, String orderId) {
        return handle(exchange(type, orderId));
    }

    private CompletableFuture<Exchange> handle(Exchange exchange) {
        CompletableFuture<Exchange> handled = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                group.process(exchange);
                handled.complete(exchange);
            } catch (Throwable e) {
                handled.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
        // Far longer than any message takes: nothing else would end the wait for a message that is never handled.
        return handled.orTimeout(60, TimeUnit.SECONDS);
    }

    private Exchange exchange(String type, String orderId) {
        Exchange exchange = new DefaultExchange(camel);
        exchange.getExchangeExtension().setUnitOfWork(new DefaultUnitOfWork(exchange));
        exchange.setVariable("messageType", type);
        exchange.setVariable("groupedTypes", "OrderCreated, ReturnReceived");
        exchange.setProperty(MessageList.MESSAGE, Map.of("orderId", orderId));
        return exchange;
    }
}
