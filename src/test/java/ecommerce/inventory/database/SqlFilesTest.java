package ecommerce.inventory.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;

import org.apache.camel.component.sql.DefaultSqlPrepareStatementStrategy;
import org.apache.camel.component.sql.SqlHelper;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.PreparedStatementCreator;
import org.springframework.jdbc.core.namedparam.NamedParameterUtils;

/** PostgreSQL accepts each statement of the routes on the migrated schema, with its parameters. */
@DatabaseTest
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SqlFilesTest {

    @Autowired
    private JdbcTemplate jdbc;

    static Stream<Resource> files() throws IOException {
        return Stream.of(new PathMatchingResourcePatternResolver().getResources("classpath*:routes/*/*.sql"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("files")
    void isPrepared(Resource file) throws Exception {
        String statement = file.getContentAsString(StandardCharsets.UTF_8);
        // Parameters are :#name in routes, and :name in the repository of the inbox.
        boolean ofCamel = statement.contains(":#") || !statement.contains(":");
        String prepared = ofCamel ? new DefaultSqlPrepareStatementStrategy().prepareQuery(SqlHelper.resolvePlaceholders(statement, "#"), true, null)
            : NamedParameterUtils.substituteNamedParameters(statement, null);

        int parameters = jdbc.execute((PreparedStatementCreator) connection -> connection.prepareStatement(prepared),
            server -> server.getParameterMetaData().getParameterCount());

        if (ofCamel) {
            assertThat(parameters).isEqualTo(CountingSqlComponent.parameters(SqlHelper.resolvePlaceholders(statement, "#")));
        }
    }
}
