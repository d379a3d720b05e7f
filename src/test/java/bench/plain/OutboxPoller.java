package bench.plain;

import org.springframework.scheduling.annotation.Scheduled;

/** Publishes the backlog of the outbox every second. */
class OutboxPoller {

    private final OutboxBatch batch;

    OutboxPoller(OutboxBatch batch) {
        this.batch = batch;
    }

    @Scheduled(fixedDelay = 1_000)
    void poll() {
        while (batch.publish() > 0) {
            // Until the outbox is empty.
        }
    }
}
