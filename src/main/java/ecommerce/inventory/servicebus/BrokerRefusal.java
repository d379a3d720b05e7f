package ecommerce.inventory.servicebus;

import java.util.Optional;
import java.util.Set;

import com.azure.core.amqp.exception.AmqpException;
import com.azure.core.exception.ClientAuthenticationException;
import com.azure.messaging.servicebus.ServiceBusErrorSource;
import com.azure.messaging.servicebus.ServiceBusException;
import com.azure.messaging.servicebus.ServiceBusFailureReason;
import ecommerce.inventory.text.UntrustedText;

/**
 * Service Bus refuses this worker a queue, a subscription or a topic: it does not exist, it is disabled, or the worker has no right to
 * it. Unlike an outage, which ends by itself, a refusal lasts until somebody changes Service Bus or the settings.
 */
public final class BrokerRefusal {

    private static final Set<ServiceBusFailureReason> REASONS = Set.of(
        ServiceBusFailureReason.UNAUTHORIZED,
        ServiceBusFailureReason.MESSAGING_ENTITY_NOT_FOUND,
        ServiceBusFailureReason.MESSAGING_ENTITY_DISABLED);
    private static final int MAX_LENGTH = 300;

    private BrokerRefusal() {
    }

    /**
     * @param  failure of the SDK
     * @return the reason and Service Bus's explanation, in one short line; empty if the failure is not a refusal
     */
    public static Optional<String> of(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            ServiceBusFailureReason reason = reason(cause);
            if (REASONS.contains(reason)) {
                return Optional.of(line(reason.toString(), cause));
            }
            // The SDK throws it for amqp:not-allowed: a topic is not a queue, or an entity with sessions needs a receiver of sessions.
            if (cause instanceof UnsupportedOperationException) {
                return Optional.of(line("NOT_ALLOWED", cause));
            }
        }
        return Optional.empty();
    }

    private static ServiceBusFailureReason reason(Throwable failure) {
        if (failure instanceof ClientAuthenticationException) {
            return ServiceBusFailureReason.UNAUTHORIZED;
        }
        if (failure instanceof AmqpException amqp) {
            return new ServiceBusException(amqp, ServiceBusErrorSource.UNKNOWN).getReason();
        }
        return failure instanceof ServiceBusException serviceBus ? serviceBus.getReason() : ServiceBusFailureReason.GENERAL_ERROR;
    }

    /** Without the state of its links, which the SDK appends. */
    private static String line(String reason, Throwable failure) {
        return reason + ": "
            + UntrustedText.excerpt(String.valueOf(failure.getMessage()).replaceFirst("(?s), errorContext\\[.*", ""), MAX_LENGTH);
    }
}
