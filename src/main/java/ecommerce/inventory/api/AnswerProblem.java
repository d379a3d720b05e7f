package ecommerce.inventory.api;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import ecommerce.inventory.failure.Failures;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.util.ObjectHelper;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers a request that failed as {@code application/problem+json} (RFC 9457): 400 for a parameter, 404 for an unknown id, 503 while
 * the database is unavailable or too slow, and 500, whose cause is in the log only.
 */
public class AnswerProblem implements Processor {

    private static final Logger LOG = LoggerFactory.getLogger(AnswerProblem.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    /** SQLSTATEs of a query that exceeded inventory.api.query-timeout or lock_timeout. */
    private static final Set<String> TOO_LONG = Set.of(PSQLState.QUERY_CANCELED.getState(), "55P03");

    @Override
    public void process(Exchange exchange) throws JsonProcessingException {
        Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        if (failure instanceof InvalidParameterException invalid) {
            answer(exchange, 400, "Bad Request", invalid.getMessage(), "parameter", invalid.parameter(), "value", invalid.value());
        } else if (failure instanceof NotFoundException) {
            answer(exchange, 404, "Not Found", failure.getMessage());
        } else if (Failures.databaseUnavailable(failure)) {
            LOG.warn("{} is not answered: {}", exchange.getFromEndpoint(), Failures.rootCause(failure));
            answer(exchange, 503, "Service Unavailable", "The database is unavailable. Try again.");
        } else if (tookTooLong(failure)) {
            LOG.warn("{} is not answered, as it takes too long: {}", exchange.getFromEndpoint(), Failures.rootCause(failure));
            answer(exchange, 503, "Service Unavailable", "The database takes too long to answer this. Ask for less, or try again.");
        } else {
            LOG.error("A query failed", failure);
            answer(exchange, 500, "Internal Server Error", "The worker failed to answer this. Its log says why.");
        }
    }

    private static boolean tookTooLong(Exception failure) {
        PSQLException sql = ObjectHelper.getException(PSQLException.class, failure);
        return sql != null && TOO_LONG.contains(String.valueOf(sql.getSQLState()));
    }

    private static void answer(Exchange exchange, int status, String title, String detail, String... members)
            throws JsonProcessingException {
        Map<String, Object> problem = new LinkedHashMap<>();
        problem.put("title", title);
        problem.put("status", status);
        problem.put("detail", detail);
        for (int i = 0; i < members.length; i += 2) {
            problem.put(members[i], members[i + 1]);
        }
        exchange.getMessage().removeHeaders("*");
        exchange.getMessage().setHeader(Exchange.HTTP_RESPONSE_CODE, status);
        exchange.getMessage().setHeader(Exchange.CONTENT_TYPE, "application/problem+json");
        exchange.getMessage().setBody(JSON.writeValueAsBytes(problem));
    }
}
