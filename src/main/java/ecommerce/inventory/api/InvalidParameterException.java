package ecommerce.inventory.api;

import static ecommerce.inventory.text.UntrustedText.shortened;

/** A parameter of a request that cannot be used. The message names it and what is expected. */
public class InvalidParameterException extends RuntimeException {

    private final String parameter;
    private final String value;

    InvalidParameterException(String parameter, String value, String what) {
        super(shortened(parameter) + " is '" + shortened(value) + "': " + what);
        this.parameter = shortened(parameter);
        this.value = shortened(value);
    }

    String parameter() {
        return parameter;
    }

    /** As it was given, shortened. */
    String value() {
        return value;
    }
}
