package servicebus;

import java.util.Map;

import org.apache.qpid.protonj2.types.messaging.Properties;

/** A request to {@code $cbs} or {@code $management}. */
record Request(Properties properties, Map<String, Object> applicationProperties, Object body) {

    String operation() {
        return String.valueOf(applicationProperties.get("operation"));
    }
}
