package ecommerce.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Properties;

import javax.sql.DataSource;

import ecommerce.inventory.settings.InvalidSettingException;
import ecommerce.inventory.settings.InventoryProperties;
import ecommerce.inventory.settings.Settings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;

/** The settings without Spring Boot: the same values, and the same errors, as with it. */
class PlainCamelBeansTest {

    private static final String BUS = "inventory.servicebus.connection-string";
    private static final String CONNECTION_STRING = "Endpoint=sb://nowhere.invalid/;SharedAccessKeyName=none;SharedAccessKey=none";

    @Test
    void settingsAndDefaultsAreThoseOfSpringBoot() throws Exception {
        Properties set = new Properties();
        set.put(BUS, CONNECTION_STRING);
        set.put("inventory.reservation.ttl", "PT7M");
        set.put("inventory.summary.rebuild-at-start", "true");

        InventoryProperties settings = settings(set);

        assertThat(settings).isEqualTo(Settings.of(set));
        assertThat(settings.reservation().ttl()).hasMinutes(7);
    }

    @Test
    void routesSeeEachSettingAsItWasReadWhereverAndHoweverItIsSet() throws Exception {
        Properties set = new Properties();
        set.put(BUS, CONNECTION_STRING);
        set.put("inventory.reservation.ttl", "pt7m");
        set.put("inventory.retention.dead", "P1D");
        set.put("inventory.outbox.batch-size", "0050");
        set.put("inventory.summary.rebuild-at-start", "TRUE");
        set.put("shop.pause", "pt0.5s");
        set.put("shop.word", " as it is ");
        try (CamelContext camel = configured(set)) {
            assertThat(camel.resolvePropertyPlaceholders("{{seconds:inventory.reservation.ttl}} {{seconds:inventory.retention.dead}} "
                + "{{seconds:inventory.outbox.retry-delay-max}} {{seconds:shop.pause}}")).isEqualTo("420.0 86400.0 300.0 0.5");
            assertThat(camel.resolvePropertyPlaceholders("{{inventory.reservation.ttl}} {{inventory.outbox.batch-size}} {{inventory.summary.batch-size}} "
                + "{{inventory.summary.rebuild-at-start}} {{inventory.servicebus.orders-topic}}")).isEqualTo("PT7M 50 500 true orders");
            assertThat(camel.resolvePropertyPlaceholders("{{shop.word}}")).isEqualTo(" as it is ");
            assertThat(camel.resolvePropertyPlaceholders("{{management.server.port}}")).as("a setting of application.yaml that is not the worker's own").isEqualTo("9876");
            assertThatThrownBy(() -> camel.resolvePropertyPlaceholders("{{seconds:shop.word}}"))
                .hasStackTraceContaining("shop.word is  as it is : put a duration from PT0.001S to P36500D");
            assertThatThrownBy(() -> camel.resolvePropertyPlaceholders("{{seconds:shop.words}}")).hasStackTraceContaining("shop.words is not set");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        inventory.outbox.batch-size            | many             | inventory.outbox.batch-size is many: put a value of type Integer there
        inventory.outbox.batch-size            | 0                | inventory.outbox.batch-size is 0: put a number of at least 1 there
        inventory.reservation.ttl              | soon             | inventory.reservation.ttl is soon: put a duration from PT0.001S to P36500D, such as PT5S, there
        inventory.reservation.ttl              | 15m              | inventory.reservation.ttl is 15m: put a duration from PT0.001S to P36500D, such as PT5S, there
        inventory.reservation.ttl              | 15               | inventory.reservation.ttl is 15: put a duration from PT0.001S to P36500D, such as PT5S, there
        inventory.outbox.batch-size            | ''               | inventory.outbox.batch-size is blank: put a value of type Integer there
        inventory.reservation.ttl              | ''               | inventory.reservation.ttl is blank: put a duration from PT0.001S to P36500D, such as PT5S, there
        inventory.metrics.schedule             | 0 0 3 30 2 ?     | inventory.metrics.schedule is 0 0 3 30 2 ?, which never comes: put a Quartz cron expression
        inventory.servicebus.credential-type   | PASSWORD         | inventory.servicebus.credential-type is PASSWORD: put a value of type CredentialType there
        inventory.servicebus.connection-string | ''               | inventory.servicebus.connection-string is not set: put the connection string
        """)
    void aWrongSettingIsNamed(String name, String value, String sentence) {
        Properties set = new Properties();
        set.put(BUS, CONNECTION_STRING);
        set.put(name, value);

        assertThatThrownBy(() -> settings(set)).isInstanceOf(InvalidSettingException.class).hasMessageStartingWith(sentence);
    }

    private static InventoryProperties settings(Properties set) throws Exception {
        try (CamelContext camel = configured(set)) {
            return camel.getRegistry().findSingleByType(InventoryProperties.class);
        }
    }

    private static CamelContext configured(Properties set) throws Exception {
        CamelContext camel = new DefaultCamelContext();
        camel.getRegistry().bind("database", DataSource.class, new SimpleDriverDataSource());
        camel.getRegistry().bind("meters", new SimpleMeterRegistry());
        camel.getPropertiesComponent().setOverrideProperties(set);
        new PlainCamelBeans().configure(camel);
        return camel;
    }
}
