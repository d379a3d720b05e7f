package ecommerce.inventory.api;

/** A parameter of a request that cannot be used. The message says which, and what to put there. */
public class InvalidParameterException extends RuntimeException {

    /** So much of a stranger's text is repeated. */
    private static final int SHOWN = 100;

    private final String parameter;
    private final String value;

    InvalidParameterException(String parameter, String value, String what) {
        super(shortened(parameter) + " is '" + shortened(value) + "': " + what);
        this.parameter = shortened(parameter);
        this.value = shortened(value);
    }

    private static String shortened(String text) {
        return text.length() > SHOWN ? text.substring(0, SHOWN) + "…" : text;
    }

    String parameter() {
        return parameter;
    }

    /** As it was given, shortened. */
    String value() {
        return value;
    }
}
