package ecommerce.inventory.servicebus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Mono;

/** A settlement that the broker never answers ends at the limit, and its thread continues. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TimeLimitTest {

    private static final TimeLimit SHORT = new TimeLimit(Duration.ofMillis(20));
    private static final TimeLimit LONG = new TimeLimit(Duration.ofMinutes(1));

    @Test
    void aCallWithoutAnAnswerEndsAndItsThreadIsNotInterruptedAfterwards() {
        assertThatIllegalStateException().isThrownBy(() -> SHORT.run(() -> Mono.never().block())).withMessage("no answer in PT0.02S");
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    @Test
    void aCallThatAnswersWhenItIsInterruptedHasAnswered() {
        SHORT.run(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                Thread.onSpinWait();
            }
        });
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    @Test
    void aFailureInTimeIsTheCallsOwn() {
        IllegalArgumentException lost = new IllegalArgumentException("lock lost");
        assertThatThrownBy(() -> LONG.run(() -> {
            throw lost;
        })).isSameAs(lost);
    }

    @Test
    void anInterruptionByAnotherIsKept() {
        LONG.run(() -> Thread.currentThread().interrupt());
        assertThat(Thread.interrupted()).isTrue();
    }
}
