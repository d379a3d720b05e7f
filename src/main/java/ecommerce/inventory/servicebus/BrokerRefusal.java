package ecommerce.inventory.servicebus;

import java.util.Optional;
import java.util.Set;

import com.azure.core.amqp.exception.AmqpException;
import com.azure.core.exception.ClientAuthenticationException;
import com.azure.messaging.servicebus.ServiceBusErrorSource;
import com.azure.messaging.servicebus.ServiceBusException;
import com.azure.messaging.servicebus.ServiceBusFailureReason;
import ecommerce.inventory.tracing.LogFields;

/**
 * That Service Bus refuses a queue, a subscription or a topic to this worker: it is not there, it is disabled, or the worker has no right
 * to it. It stays so until somebody changes it there or here. (An outage ends by itself, and is none.)
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
     * @return         the reason, and what Service Bus says about it, in one short line; empty if it is no refusal
     */
    public static Optional<String> of(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            ServiceBusFailureReason reason = reason(cause);
            if (REASONS.contains(reason)) {
                return Optional.of(line(reason.toString(), cause));
            }
            // What the SDK makes of amqp:not-allowed: a topic is no queue, a receiver without sessions gets nothing from an entity with some.
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

    /** Without what the SDK adds of its own links. */
    private static String line(String reason, Throwable failure) {
        String text = LogFields.printable(String.valueOf(failure.getMessage()).replaceFirst("(?s), errorContext\\[.*", ""));
        return reason + ": " + (text.length() <= MAX_LENGTH ? text : text.substring(0, MAX_LENGTH) + " …");
    }
}
