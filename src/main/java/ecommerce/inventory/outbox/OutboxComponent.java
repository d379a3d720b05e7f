package ecommerce.inventory.outbox;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import javax.sql.DataSource;

import org.apache.camel.Endpoint;
import org.apache.camel.support.DefaultComponent;
import org.apache.camel.support.ProcessorEndpoint;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcTemplate;

/**
 * {@code to: outbox:OrderRefused} writes an event of that type to the outbox, in the transaction of the route: see {@link WriteEvent}.
 */
public class OutboxComponent extends DefaultComponent {

    private final NamedParameterJdbcTemplate jdbc;
    private final Map<String, EventSchema> schemas = new ConcurrentHashMap<>();

    public OutboxComponent(DataSource dataSource) {
        this.jdbc = new NamedParameterJdbcTemplate(dataSource);
    }

    /** @throws IllegalArgumentException that names the file, if the type has no usable schema */
    @Override
    protected Endpoint createEndpoint(String uri, String type, Map<String, Object> parameters) {
        schema(type);
        return new ProcessorEndpoint(uri, this, new WriteEvent(type, () -> schema(type), jdbc));
    }

    private EventSchema schema(String type) {
        return schemas.computeIfAbsent(type, one -> EventSchema.read(getCamelContext(), one));
    }

    /** Makes the next event read its schema again, as it may have changed. */
    public void forgetSchemas() {
        schemas.clear();
    }
}
