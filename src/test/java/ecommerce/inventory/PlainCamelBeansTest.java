package ecommerce.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Properties;

import javax.sql.DataSource;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;

/** The settings without Spring Boot: those that it would make, and refused as it would. */
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

        assertThat(settings).isEqualTo(new Binder(new MapConfigurationPropertySource(set)).bind("inventory", InventoryProperties.class).get());
        assertThat(settings.reservation().ttl()).hasMinutes(7);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        inventory.outbox.batch-size            | many             | inventory.outbox.batch-size is many: put a value of type int there
        inventory.outbox.batch-size            | 0                | inventory.outbox.batch-size is 0: put a number of at least 1 there
        inventory.reservation.ttl              | soon             | inventory.reservation.ttl is soon: put a value of type Duration there
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
        try (CamelContext camel = new DefaultCamelContext()) {
            camel.getRegistry().bind("database", DataSource.class, new SimpleDriverDataSource());
            camel.getRegistry().bind("meters", new SimpleMeterRegistry());
            camel.getPropertiesComponent().setOverrideProperties(set);
            new PlainCamelBeans().configure(camel);
            return camel.getRegistry().findSingleByType(InventoryProperties.class);
        }
    }
}
