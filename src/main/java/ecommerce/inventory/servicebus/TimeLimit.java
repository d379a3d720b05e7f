package ecommerce.inventory.servicebus;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A limit for a blocking call, after which it is interrupted. It runs in the caller's thread: a hand-over would cost a context switch
 * per message.
 */
record TimeLimit(Duration limit) {

    /**
     * @throws IllegalStateException when there was no answer in time
     */
    void run(Runnable call) {
        Thread caller = Thread.currentThread();
        CompletableFuture<Void> answer = new CompletableFuture<Void>().orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS);
        CompletableFuture<Void> interrupt = answer.exceptionally(timeout -> {
            caller.interrupt();
            return null;
        });
        try {
            call.run();
        } catch (RuntimeException e) {
            throw answer.isCompletedExceptionally() ? new IllegalStateException("no answer in " + limit, e) : e;
        } finally {
            if (!answer.complete(null)) {
                // The interrupt was for this call, and must not reach the thread's next work.
                interrupt.join();
                Thread.interrupted();
            }
        }
    }
}
