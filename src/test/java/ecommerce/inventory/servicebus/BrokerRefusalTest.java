package ecommerce.inventory.servicebus;

import static com.azure.messaging.servicebus.ServiceBusErrorSource.RECEIVE;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeoutException;

import com.azure.core.amqp.exception.AmqpErrorCondition;
import com.azure.core.amqp.exception.AmqpErrorContext;
import com.azure.core.amqp.exception.AmqpException;
import com.azure.core.exception.ClientAuthenticationException;
import com.azure.messaging.servicebus.ServiceBusException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Which errors of the broker are refusals, and which mean an outage. */
class BrokerRefusalTest {

    private static final AmqpErrorContext CONTEXT = new AmqpErrorContext("shop.servicebus.windows.net");

    @ParameterizedTest
    @CsvSource({"NOT_FOUND,MESSAGING_ENTITY_NOT_FOUND", "UNAUTHORIZED_ACCESS,UNAUTHORIZED", "ENTITY_DISABLED_ERROR,MESSAGING_ENTITY_DISABLED"})
    void aRefusalIsNamedWithItsReasonAsTheBrokerHasIt(AmqpErrorCondition condition, String reason) {
        AmqpException failure = new AmqpException(false, condition, "No.\nTrackingId:1", CONTEXT);

        assertThat(BrokerRefusal.of(failure)).contains(reason + ": No.?TrackingId:1");
        assertThat(BrokerRefusal.of(new ServiceBusException(failure, RECEIVE))).contains(reason + ": No.?TrackingId:1");
        assertThat(BrokerRefusal.of(new IllegalStateException("any", failure))).contains(reason + ": No.?TrackingId:1");
    }

    @Test
    void soAreAnEntityOfAnotherKindAndAnIdentityThatIsNotLetIn() {
        assertThat(BrokerRefusal.of(new ServiceBusException(new UnsupportedOperationException("It requires sessions"), RECEIVE)))
            .contains("NOT_ALLOWED: It requires sessions");
        assertThat(BrokerRefusal.of(new ServiceBusException(new ClientAuthenticationException("x".repeat(1_000), null), RECEIVE)))
            .hasValueSatisfying(line -> assertThat(line).startsWith("UNAUTHORIZED: xxx").hasSizeLessThan(400));
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = {"NOT_FOUND", "UNAUTHORIZED_ACCESS", "ENTITY_DISABLED_ERROR"})
    void nothingElseIs(AmqpErrorCondition condition) {
        assertThat(BrokerRefusal.of(new ServiceBusException(new AmqpException(false, condition, "No.", CONTEXT), RECEIVE))).isEmpty();
    }

    @Test
    void norIsAnOutage() {
        assertThat(BrokerRefusal.of(new ServiceBusException(new TimeoutException("away"), RECEIVE))).isEmpty();
        assertThat(BrokerRefusal.of(null)).isEmpty();
    }
}
