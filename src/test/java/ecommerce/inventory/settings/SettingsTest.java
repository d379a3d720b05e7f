package ecommerce.inventory.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TimeZone;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ecommerce.inventory.InventoryWorker;
import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** Starts with a missing or wrong setting. */
@ExtendWith(OutputCaptureExtension.class)
class SettingsTest {

    private static final String KEY = "c2VjcmV0";
    private static final String CONNECTION_STRING =
        "Endpoint=sb://localhost:1;SharedAccessKeyName=name;SharedAccessKey=" + KEY + ";UseDevelopmentEmulator=true";

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        inventory.servicebus.connection-string=                  | inventory.servicebus.connection-string is not set: put the connection string of the Service Bus namespace there
        inventory.servicebus.connection-string=password=c2VjcmV0 | inventory.servicebus.connection-string is not a connection string: put Endpoint=sb://<namespace>.servicebus.windows.net/
        inventory.servicebus.credential-type=AZURE_IDENTITY      | inventory.servicebus.namespace is not set: put the fully qualified namespace, such as shop.servicebus.windows.net, there
        inventory.servicebus.credential-type=TOKEN_CREDENTIAL    | inventory.servicebus.credential-type is TOKEN_CREDENTIAL: put CONNECTION_STRING or AZURE_IDENTITY there
        inventory.servicebus.max-concurrent-calls=0              | inventory.servicebus.max-concurrent-calls is 0: put a number from 1 to 200 there
        inventory.servicebus.max-concurrent-calls=201            | inventory.servicebus.max-concurrent-calls is 201: put a number from 1 to 200 there
        inventory.servicebus.prefetch=201                        | inventory.servicebus.prefetch is 201: put a number from 0 to 200 there
        inventory.servicebus.max-message-size=0                  | inventory.servicebus.max-message-size is 0: put a number from 1 to 102400 there
        inventory.servicebus.max-message-size=102400             | inventory.servicebus.max-concurrent-calls and prefetch allow 200 messages of each of two topics in memory, which with inventory.servicebus.max-message-size=102400 (KiB) may take 40100 MiB, more than half of the heap of
        inventory.servicebus.try-timeout=PT0S                    | inventory.servicebus.try-timeout is PT0S: put a duration from PT0.001S to P36500D, such as PT5S, there
        inventory.cell=eu/1                                      | inventory.cell is eu/1: put a name of up to 40 letters, digits and hyphens, such as eu, there
        inventory.cell=aaaaaaaaaabbbbbbbbbbccccccccccdddddddddde | inventory.cell is aaaaaaaaaabbbbbbbbbbccccccccccdddddddddde: put a name of up to 40 letters, digits and hyphens
        inventory.database.schema=Shop                           | inventory.database.schema is Shop: put a name of lower-case letters, digits and underscores, such as inventory, there
        inventory.database.schema=a"; DROP TABLE inventory; --   | inventory.database.schema is a"; DROP TABLE inventory; --: put a name of
        inventory.database.schema=pg_own                         | inventory.database.schema is pg_own: put a name of
        inventory.database.watch-schedule=often                  | inventory.database.watch-schedule is often: put a Quartz cron expression
        inventory.database.refusal-limit=PT0S                    | inventory.database.refusal-limit is PT0S: put a duration from PT0.001S to P36500D, such as PT5S, there
        inventory.database.lock-timeout=5s                       | inventory.database.lock-timeout is 5s: put a duration from PT0.001S to P36500D, such as PT5S, there
        inventory.database.lock-timeout=PT25H                    | inventory.database.lock-timeout is PT25H: put a duration from PT0.001S to P1D, such as PT5S, there
        inventory.database.statement-timeout=PT0S                | inventory.database.statement-timeout is PT0S: put a duration from PT0.001S to P1D, such as PT5S, there
        inventory.inbox.max-retries=-1                           | inventory.inbox.max-retries is -1: put a number of at least 0 there
        inventory.reservation.ttl=-PT1M                          | inventory.reservation.ttl is PT-1M: put a duration from PT0.001S to P36500D, such as PT5S, there
        inventory.inbox.max-attempts=0                           | inventory.inbox.max-attempts is 0: put a number of at least 1 there
        inventory.reservation.expiry-schedule=never              | inventory.reservation.expiry-schedule is never: put a Quartz cron expression, such as * * * * * ? for every second, there
        inventory.summary.batch-size=0                           | inventory.summary.batch-size is 0: put a number of at least 1 there
        inventory.retention.outbox=P0D                           | inventory.retention.outbox is PT0S: put a duration from PT0.001S to P36500D, such as PT5S, there
        inventory.api.query-timeout=0                            | inventory.api.query-timeout is 0: put a number of at least 1 there
        inventory.stream.max-clients=-1                          | inventory.stream.max-clients is -1: put a number of at least 0 there
        inventory.stream.max-clients-per-address=0               | inventory.stream.max-clients-per-address is 0: put a number of at least 1 there
        inventory.api.max-requests=0                             | inventory.api.max-requests is 0: put a number of at least 1 there
        inventory.api.max-requests-per-address=0                 | inventory.api.max-requests-per-address is 0: put a number of at least 1 there
        inventory.reservation.ttl=15                             | inventory.reservation.ttl is 15: put a duration from PT0.001S to P36500D, such as PT5S, there
        inventory.reservation.ttl=15m                            | inventory.reservation.ttl is 15m: put a duration from PT0.001S to P36500D, such as PT5S, there
        inventory.retention.dead=P2W                             | inventory.retention.dead is P2W: put a duration from PT0.001S to P36500D, such as PT5S, there
        inventory.retention.inbox=P1000000D                      | inventory.retention.inbox is PT24000000H: put a duration from PT0.001S to P36500D, such as PT5S, there
        inventory.summary.rebuild-at-start=perhaps               | inventory.summary.rebuild-at-start is perhaps: put a value of type Boolean there
        inventory.outbox.schedule=every second                   | inventory.outbox.schedule is every second: put a Quartz cron expression, such as * * * * * ? for every second, there
        inventory.outbox.batch-size=0                            | inventory.outbox.batch-size is 0: put a number of at least 1 there
        inventory.operator.token=c2VjcmV0                        | inventory.operator.token is too short: put at least 32 characters there, for each operator
        inventory.outbox.batch-size=many                         | inventory.outbox.batch-size is many: put a value of type Integer there
        inventory.outbox.batch-size=                             | inventory.outbox.batch-size is blank: put a value of type Integer there
        inventory.reservation.ttl=                               | inventory.reservation.ttl is blank: put a duration from PT0.001S to P36500D, such as PT5S, there
        inventory.summary.rebuild-at-start=                      | inventory.summary.rebuild-at-start is blank: put a value of type Boolean there
        inventory.servicebus.credential-type=                    | inventory.servicebus.credential-type is blank: put a value of type CredentialType there
        inventory.outbox.schedule=                               | inventory.outbox.schedule is blank: put a Quartz cron expression, such as * * * * * ? for every second, there
        inventory.retention.schedule=0 0 3 30 2 ?                | inventory.retention.schedule is 0 0 3 30 2 ?, which never comes: put a Quartz cron expression, such as * * * * * ? for every second, there
        spring.datasource.url=                                   | spring.datasource.url is not a URL of PostgreSQL: put jdbc:postgresql://<host>:<port>/<database> there
        spring.datasource.url=jdbc:postgresql://localhost:1/x?password=c2VjcmV0 | The database jdbc:postgresql://localhost:1/x cannot be used
        """)
    void aWrongSettingStopsTheStartWithASentenceThatNamesIt(String setting, String sentence, CapturedOutput output) {
        assertThatThrownBy(() -> start("spring.datasource.url=jdbc:postgresql://localhost:1/x",
            "inventory.servicebus.connection-string=" + CONNECTION_STRING, setting));

        assertThat(output).contains("APPLICATION FAILED TO START", sentence);
        assertThat(output).as("no stack trace, and no secret").doesNotContain("\tat ", KEY);
    }

    @Test
    void aMissingDatabaseStopsTheStartWithASentenceThatNamesTheSetting(CapturedOutput output) {
        assertThatThrownBy(() -> start("inventory.servicebus.connection-string=" + CONNECTION_STRING));

        assertThat(output).contains("spring.datasource.url is not set: put jdbc:postgresql://<host>:<port>/<database> there");
    }

    @Test
    void aWrongDatabaseNameStopsTheStartWithASentenceThatNamesTheSetting(CapturedOutput output) {
        assertThatThrownBy(() -> start("spring.datasource.url=" + Backend.createDatabase().replace("?", "_not?"),
            "spring.datasource.username=postgres", "inventory.servicebus.connection-string=" + CONNECTION_STRING));

        assertThat(output).contains("check the name of the database in spring.datasource.url").doesNotContain("\tat ");
    }

    @ParameterizedTest
    @CsvSource({"200, 256, 205312,", "200, 256, 205311, 199", "80, 1024, 353280,", "200, 1024, 353280, 85", "1, 102400, 353280, 0"})
    void messagesThatMayBeInWorkTogetherFitIntoHalfOfTheHeap(int messages, int size, long heap, Long most) {
        Runnable check = () -> InventoryProperties.ServiceBus.requireMemory(messages, size, heap);
        if (most == null) {
            check.run();
        } else {
            assertThatThrownBy(check::run).isInstanceOf(InvalidSettingException.class).hasMessageContaining("put at most " + most + " there");
        }
    }

    @Test
    void aTimeZoneThatTheDatabaseDoesNotKnowStopsTheStartWithASentenceThatSaysWhereToSetAnother(CapturedOutput output) {
        String database = Backend.createDatabase();
        TimeZone ofTheMachine = TimeZone.getDefault();
        // A time zone that only Java knows.
        TimeZone.setDefault(TimeZone.getTimeZone("ACT"));
        try {
            assertThatThrownBy(() -> start("spring.datasource.url=" + database, "spring.datasource.username=postgres",
                "inventory.servicebus.connection-string=" + CONNECTION_STRING));
        } finally {
            TimeZone.setDefault(ofTheMachine);
        }

        assertThat(output).contains("\"ACT\"", "start Java with a time zone that PostgreSQL knows, such as -Duser.timezone=UTC").doesNotContain("\tat ");
    }

    @Test
    void aSchemaThatOthersUseStopsTheStartWithASentenceThatNamesTheSetting(CapturedOutput output) {
        String database = databaseWithAForeignTable();

        assertThatThrownBy(() -> start("spring.datasource.url=" + database,
            "spring.datasource.username=postgres", "inventory.servicebus.connection-string=" + CONNECTION_STRING));

        assertThat(output).contains("Schema public of the database has tables that are not the worker's: put the name of a schema of its own "
            + "into inventory.database.schema, such as inventory; the migration makes it").doesNotContain("\tat ");
    }

    /** With the baseline that Flyway's error message proposes. */
    @Test
    void aSchemaThatIsBaselinedHasAllTables() {
        String database = databaseWithAForeignTable();

        TestDatabase.migrate(database, "spring.flyway.baseline-on-migrate=true");

        JdbcTemplate jdbc = new JdbcTemplate(new DriverManagerDataSource(database, "postgres", ""));
        assertThat(jdbc.queryForObject("SELECT count(*) FROM inventory", Long.class)).isZero();
        assertThat(jdbc.queryForObject("SELECT count(*) FROM foreign_table", Long.class)).isEqualTo(1);
    }

    @Test
    void aRoleThatMayNotMakeTablesStopsTheStartWithASentence(CapturedOutput output) {
        String database = databaseWithAForeignTable();
        JdbcTemplate jdbc = new JdbcTemplate(new DriverManagerDataSource(database, "postgres", ""));
        jdbc.execute("CREATE ROLE nobody_in_particular LOGIN");

        assertThatThrownBy(() -> start("spring.datasource.url=" + database, "spring.datasource.username=nobody_in_particular",
            "inventory.database.schema=shop", "inventory.servicebus.connection-string=" + CONNECTION_STRING));

        assertThat(output).contains("spring.datasource.username has no right to do that: k8s/database/roles.sql").doesNotContain("\tat ");
    }

    private static String databaseWithAForeignTable() {
        String database = Backend.createDatabase();
        new JdbcTemplate(new DriverManagerDataSource(database, "postgres", "")).execute("CREATE TABLE foreign_table AS SELECT 1 AS one");
        return database;
    }

    @Test
    void settingsDoNotShowTheirSecrets() {
        InventoryProperties settings = Settings.of(Map.of(
            "inventory.servicebus.connection-string", CONNECTION_STRING, "inventory.operator.token", "0123456789-0123456789-0123456789-" + KEY));

        assertThat(settings.servicebus().connectionString() + settings.operator().token()).contains(KEY, "0123456789-");
        assertThat(settings.toString()).contains("CONNECTION_STRING").doesNotContain(KEY, "0123456789-", "SharedAccessKey");
        assertThat(settings.servicebus().toString() + settings.operator()).doesNotContain(KEY, "0123456789-", "SharedAccessKey");
    }

    /** A day that its month does not have, and a past year. */
    @ParameterizedTest
    @ValueSource(strings = {"0 0 3 30 2 ?", "0 0 3 31 4,6,9,11 ?", "* * * * * ? 2020", "", " "})
    void noScheduleMayBeOneThatNeverComes(String never) throws IOException {
        assertThat(settings("schedule", "java.lang.String")).hasSizeGreaterThan(8).allSatisfy(name -> assertThatThrownBy(() -> bind(name, never))
            .rootCause().isInstanceOf(InvalidSettingException.class).hasMessageStartingWith(name + " is "));
    }

    @Test
    void aScheduleMayComeSeldom() throws IOException {
        assertThat(settings("schedule", "java.lang.String")).allSatisfy(name -> bind(name, "0 0 3 29 2 ?"));
    }

    /** Shorter than a millisecond, and too long to be added to a time. */
    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT0.0009S", "-PT1S", "P36501D", "PT9223372036854775807S"})
    void noDurationMayBeTooShortOrTooLong(String duration) throws IOException {
        assertThat(settings("", "java.time.Duration")).hasSizeGreaterThan(12).allSatisfy(name -> assertThatThrownBy(() -> bind(name, duration))
            .rootCause().isInstanceOf(InvalidSettingException.class).hasMessageStartingWith(name + " is "));
    }

    /** The settings of InventoryProperties. */
    private static List<String> settings(String end, String type) throws IOException {
        List<String> names = new ArrayList<>();
        for (JsonNode setting : metadata()) {
            String name = setting.get("name").textValue();
            if (name.startsWith("inventory.") && name.endsWith(end) && setting.path("type").asText().equals(type)) {
                names.add(name);
            }
        }
        return names;
    }

    private static InventoryProperties bind(String setting, String value) {
        return Settings.of(Map.of("inventory.servicebus.connection-string", CONNECTION_STRING, setting, value));
    }

    private static JsonNode metadata() throws IOException {
        return new ObjectMapper().readTree(new ClassPathResource("META-INF/spring-configuration-metadata.json").getInputStream()).get("properties");
    }

    /** If a setting has two values, the later one counts. */
    private static void start(String... settings) {
        Map<String, Object> properties = new HashMap<>();
        for (String setting : settings) {
            String[] nameAndValue = setting.split("=", 2);
            properties.put(nameAndValue[0], nameAndValue[1]);
        }
        new SpringApplicationBuilder(InventoryWorker.class).web(WebApplicationType.NONE).registerShutdownHook(false)
            .environment(new StandardEnvironment() {
                @Override
                protected void customizePropertySources(MutablePropertySources sources) {
                    sources.addFirst(new MapPropertySource("test", properties));
                }
            }).run().close();
    }
}
