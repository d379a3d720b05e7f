package ecommerce.inventory.database;

import java.util.Map;
import java.util.regex.Pattern;

import org.apache.camel.Endpoint;
import org.apache.camel.component.sql.SqlComponent;
import org.apache.camel.component.sql.SqlEndpoint;
import org.apache.camel.component.sql.SqlHelper;
import org.apache.camel.spi.annotations.Component;

/**
 * Camel's {@code sql} component, with its options and URIs, that counts the parameters of a statement itself. Camel's own needs option
 * {@code parametersCount}, or asks the database before each execution, which costs a round trip.
 */
// By this name Camel finds the component's generated property setters.
@Component("sql")
public class CountingSqlComponent extends SqlComponent {

    /** A parameter, when Camel has put a question mark for its # sign. */
    private static final Pattern PARAMETER = Pattern.compile(":\\?(\\w+|\\$\\{|\\$simple\\{)");

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        SqlEndpoint endpoint = (SqlEndpoint) super.createEndpoint(uri, remaining, parameters);
        endpoint.setParametersCount(parameters(SqlHelper.resolveQuery(getCamelContext(), endpoint.getQuery(), endpoint.getPlaceholder())));
        return endpoint;
    }

    /**
     * @param statement with {@code :?} before each parameter
     * @return          how many there are; one that is there twice counts twice
     */
    static int parameters(String statement) {
        return (int) PARAMETER.matcher(statement).results().count();
    }
}
