package ecommerce.inventory.servicebus;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** How long a call that blocks may take; it is interrupted after that. The call stays in its thread: a thread's switch is saved. */
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
                // It was for this call, and must not reach what the thread does next.
                interrupt.join();
                Thread.interrupted();
            }
        }
    }
}
