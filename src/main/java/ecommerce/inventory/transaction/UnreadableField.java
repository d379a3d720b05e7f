package ecommerce.inventory.transaction;

import java.io.OutputStream;

import org.apache.camel.Exchange;
import org.apache.camel.StreamCache;

/**
 * The value of a variable that must not be read: to get it fails, in every language of Camel, whatever exceptions the expression
 * suppresses. It is a stream, because Camel resets a stream when it gets the variable, and nothing else when it copies the exchange.
 */
record UnreadableField(String variable) implements StreamCache {

    @Override
    public void reset() {
        throw new IllegalStateException(toString());
    }

    @Override
    public void writeTo(OutputStream stream) {
        throw new IllegalStateException(toString());
    }

    @Override
    public StreamCache copy(Exchange exchange) {
        return this;
    }

    @Override
    public boolean inMemory() {
        return true;
    }

    @Override
    public long length() {
        return 0;
    }

    @Override
    public long position() {
        return 0;
    }

    @Override
    public String toString() {
        return "variable " + variable + " is not set: here is a list of messages. A split makes variables of the fields of each by its "
            + "first step, toVariables";
    }
}
