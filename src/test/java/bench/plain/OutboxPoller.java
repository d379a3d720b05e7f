package bench.plain;

import org.springframework.scheduling.annotation.Scheduled;

/** Looks into the outbox every second, and empties it. */
class OutboxPoller {

    private final OutboxBatch batch;

    OutboxPoller(OutboxBatch batch) {
        this.batch = batch;
    }

    @Scheduled(fixedDelay = 1_000)
    void poll() {
        while (batch.publish() > 0) {
            // The next one.
        }
    }
}
