package ecommerce.inventory;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/** A setting that the worker cannot start with. The message is one sentence: which it is, and what to put there. */
class InvalidSettingException extends RuntimeException {

    InvalidSettingException(String message) {
        super(message);
    }

    static void require(boolean valid, String setting, Object value, String expected) {
        if (!valid) {
            throw new InvalidSettingException(setting + " is " + value + ": put " + expected + " there");
        }
    }

    /** Has the start end with the sentence, and not with a stack trace. */
    @Order(Ordered.HIGHEST_PRECEDENCE)
    static class Analyzer extends AbstractFailureAnalyzer<InvalidSettingException> {

        @Override
        protected FailureAnalysis analyze(Throwable rootFailure, InvalidSettingException cause) {
            return new FailureAnalysis(cause.getMessage(), null, cause);
        }
    }
}
