package ecommerce.inventory.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import ecommerce.inventory.support.RouteTest;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.component.sql.SqlEndpoint;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.spi.InterceptSendToEndpoint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;
import org.postgresql.util.ServerErrorMessage;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.context.TestPropertySource;

/** {@code query.camel.yaml} and {@code queries.camel.yaml}: which parts of a request reach the SQL, and how its result is answered. */
@RouteTest(routes = {"api/query", "api/queries"}, mock = "sql:*")
@TestPropertySource(properties = "inventory.api.query-timeout=7")
class QueryRoutesTest {

    @Autowired
    private ModelCamelContext camel;
    @Autowired
    private ProducerTemplate client;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        listStock        | query-stock-page    |                               | {prefix=, sort=productId, after=, limit=100}
        listStock        | query-stock-page    | prefix=%25_&limit=7&after=a%2Bb+c | {prefix=%_, sort=productId, after=a+b c, limit=7}
        getStock         | query-stock         |                               | {productId=p 1}
        listLowStock     | query-low-stock     | threshold=3                   | {threshold=3, limit=100}
        listSummary      | query-summary-page  | after=b                       | {after=b, limit=100}
        getSummary       | query-summary       |                               | {productId=p 1}
        getOrder         | query-order         |                               | {orderId=o+1}
        listOrderEvents  | query-order-events  | after=9007199254740993        | {orderId=o+1, after=9007199254740993, limit=100}
        listEvents       | query-events        | limit=1000                    | {limit=1000}
        getBacklog       | query-backlog       |                               | {countLimit=10000, deadLetters={"countLimit":100,"sources":[]}}
        listDeadMessages | query-dead-messages |                               | {limit=100}
        """)
    void onlyWhatTheContractDeclaresReachesTheSql(String operation, String sql, String query, String parameters) throws Exception {
        MockEndpoint mock = mock(sql);
        mock.expectedMessageCount(1);
        mock.whenAnyExchangeReceived(exchange -> exchange.getMessage().setBody("{\"ü\":1}"));

        Exchange answer = request(operation, query);

        mock.assertIsSatisfied();
        assertThat(mock.getExchanges().get(0).getIn().getHeaders()).as("no header").isEmpty();
        assertThat(mock.getExchanges().get(0).getIn().getBody()).hasToString(parameters);
        assertThat(answer.getMessage().getBody()).isEqualTo("{\"ü\":1}".getBytes(StandardCharsets.UTF_8));
        assertThat(answer.getMessage().getHeaders()).isEqualTo(Map.of("Content-Type", "application/json"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        listStock | prefix=%       | prefix
        listStock | %zz=1          | query
        listStock | limit=1&limit=1 | limit
        listStock | sort=          | sort
        listStock | Limit=1        | Limit
        """)
    void aQueryThatBreaksTheContractReachesNoSql(String operation, String query, String parameter) throws Exception {
        mock("query-stock-page").expectedMessageCount(0);

        Exchange answer = request(operation, query);

        MockEndpoint.assertIsSatisfied(camel);
        assertProblem(answer, 400, "\"parameter\":\"" + parameter + "\"");
    }

    @ParameterizedTest
    @CsvSource({"listStock, prefix", "listStock, after", "listSummary, after"})
    void aTextOf255CharactersReachesTheSqlAndALongerOneDoesNot(String operation, String parameter) throws Exception {
        MockEndpoint mock = mock(operation.equals("listStock") ? "query-stock-page" : "query-summary-page");
        mock.expectedMessageCount(1);
        mock.whenAnyExchangeReceived(exchange -> exchange.getMessage().setBody("{}"));

        request(operation, parameter + "=" + "x".repeat(255));
        Exchange answer = request(operation, parameter + "=" + "x".repeat(256));

        mock.assertIsSatisfied();
        assertThat(mock.getExchanges().get(0).getIn().getBody(Map.class)).containsEntry(parameter, "x".repeat(255));
        assertProblem(answer, 400, "put a text of 0 to 255 characters");
    }

    @Test
    void noQueryTakesLongerThanTheSettingSays() {
        assertThat(queries()).hasSameSizeAs(camel.getRouteDefinitions().stream().filter(route -> !route.getRouteId().equals("answer-query")).toList())
            .allSatisfy(query -> assertThat(query.getJdbcTemplate().getQueryTimeout()).as(query.getEndpointUri()).isEqualTo(7));
    }

    @Test
    void theParametersOfAStatementAreCountedSoThatTheDatabaseIsNotAskedForTheirNumber() {
        assertThat(queries()).filteredOn(query -> query.getQuery().endsWith("/query-stock-page.sql")).singleElement()
            .satisfies(query -> assertThat(query.getParametersCount()).isEqualTo(11));
    }

    private List<SqlEndpoint> queries() {
        return camel.getEndpoints().stream().filter(InterceptSendToEndpoint.class::isInstance)
            .map(mocked -> (SqlEndpoint) ((InterceptSendToEndpoint) mocked).getOriginalEndpoint()).toList();
    }

    @Test
    void nothingFoundIs404AndNamesWhatWasAsked() {
        mock("query-stock").whenAnyExchangeReceived(exchange -> exchange.getMessage().setBody(null));

        assertProblem(request("getStock", null), 404, "productId: p 1 is not known");
    }

    @Test
    void aFailureIsToldWithoutItsCause() {
        assertProblem(failing(new IllegalStateException("secret")), 500, "The worker failed");
        assertProblem(failing(new PSQLException("secret", PSQLState.CONNECTION_FAILURE, new SocketException("secret"))), 503, "The database is unavailable");
        assertProblem(failing(new PSQLException("secret", PSQLState.QUERY_CANCELED)), 503, "The database takes too long");
        assertProblem(failing(new PSQLException(new ServerErrorMessage("C55P03\0Msecret: canceling statement due to lock timeout\0"))), 503,
            "The database takes too long");
    }

    private Exchange failing(Exception failure) {
        mock("query-events").whenAnyExchangeReceived(exchange -> {
            throw failure;
        });
        return request("listEvents", null);
    }

    private Exchange request(String operation, String query) {
        Map<String, Object> headers = new HashMap<>(Map.of("productId", "p%201", "orderId", "o+1", "limit", "5", "CamelSqlQuery", "DELETE FROM inventory"));
        headers.put(Exchange.HTTP_QUERY, query);
        return client.request("direct:" + operation, exchange -> {
            exchange.getMessage().setHeaders(headers);
            exchange.getMessage().setBody("untrusted");
        });
    }

    private MockEndpoint mock(String sql) {
        return camel.getEndpoint("mock:sql:classpath:routes/api/" + sql + ".sql", MockEndpoint.class);
    }

    private static void assertProblem(Exchange answer, int status, String text) {
        assertThat(answer.getException()).isNull();
        assertThat(answer.getMessage().getHeaders()).isEqualTo(
            Map.of("CamelHttpResponseCode", status, "Content-Type", "application/problem+json"));
        assertThat(answer.getMessage().getBody(String.class)).contains(text).doesNotContain("secret");
    }
}
