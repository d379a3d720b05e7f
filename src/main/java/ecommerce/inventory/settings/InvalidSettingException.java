package ecommerce.inventory.settings;

import java.time.Duration;
import java.util.List;

import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/** A setting with which the worker cannot start. The message names it and a valid value, in one sentence. */
public class InvalidSettingException extends RuntimeException {

    public InvalidSettingException(String message) {
        super(message);
    }

    public InvalidSettingException(String setting, Object value, String expected) {
        this(setting + " is " + (value.toString().isBlank() ? "blank" : value) + ": put " + expected + " there");
    }

    public static void require(boolean valid, String setting, Object value, String expected) {
        if (!valid) {
            throw new InvalidSettingException(setting, value, expected);
        }
    }

    /** What a value of a type must be. */
    public static String expected(Class<?> type) {
        return type == Duration.class ? InventoryProperties.DURATION : "a value of type " + type.getSimpleName();
    }

    /**
     * A setting without a value, which {@code application.yaml} lacks or which is set to nothing, must not be a zero of Java. Texts and
     * lists may be empty.
     *
     * @param value null if it is not set at all
     */
    public static void requireValue(String setting, Class<?> type, Object value) {
        require(type.isRecord() || type == String.class || type == List.class || value != null && !value.toString().isBlank(), setting,
            value == null ? "not set" : value, expected(type));
    }

    /** Ends the start with the sentence instead of a stack trace. */
    @Order(Ordered.HIGHEST_PRECEDENCE)
    static class Analyzer extends AbstractFailureAnalyzer<InvalidSettingException> {

        @Override
        protected FailureAnalysis analyze(Throwable rootFailure, InvalidSettingException cause) {
            return new FailureAnalysis(cause.getMessage(), null, cause);
        }
    }

    /** Ends a start with a value of the wrong type with the same sentence. */
    @Order(Ordered.HIGHEST_PRECEDENCE)
    static class TypeAnalyzer extends AbstractFailureAnalyzer<BindException> {

        @Override
        protected FailureAnalysis analyze(Throwable rootFailure, BindException cause) {
            ConfigurationProperty property = cause.getProperty();
            if (property == null || !property.getName().toString().startsWith("inventory.")
                || findCause(cause, InvalidSettingException.class) != null) {
                return null;
            }
            String sentence = new InvalidSettingException(property.getName().toString(), property.getValue(),
                expected(cause.getTarget().getType().toClass())).getMessage();
            return new FailureAnalysis(sentence, null, cause);
        }
    }
}
