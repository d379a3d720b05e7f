package ecommerce.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.core.io.ClassPathResource;

/** That each setting has a least value, or has to be a schedule: of all that there are, as they are documented. */
class SettingLimitsTest {

    /** All other numbers are at least 1. */
    static final List<String> MAY_BE_ZERO = List.of("inventory.servicebus.prefetch", "inventory.inbox.max-retries", "inventory.stream.max-clients");

    private static final String BUS = "inventory.servicebus.connection-string";
    private static final String CONNECTION_STRING = "Endpoint=sb://nowhere.invalid/;SharedAccessKeyName=none;SharedAccessKey=none";

    static List<Arguments> limits() throws IOException {
        List<Arguments> limits = new ArrayList<>();
        for (JsonNode setting : new ObjectMapper().readTree(new ClassPathResource("META-INF/spring-configuration-metadata.json").getInputStream())
                .get("properties")) {
            String name = setting.get("name").textValue();
            if (!name.startsWith("inventory.")) {
                // Spring Boot's own, of an endpoint.
                continue;
            }
            switch (setting.get("type").textValue()) {
                case "java.time.Duration" -> limits.addAll(List.of(arguments(name, "PT0S"), arguments(name, "PT-1S")));
                case "java.lang.Integer" -> limits.add(arguments(name, MAY_BE_ZERO.contains(name) ? "-1" : "0"));
                default -> {
                    if (name.endsWith("schedule")) {
                        limits.add(arguments(name, "never"));
                    }
                }
            }
        }
        assertThat(limits).hasSizeGreaterThan(30);
        return limits;
    }

    @ParameterizedTest(name = "{0}={1}")
    @MethodSource("limits")
    void aValueBelowTheLeastOrThatIsNoScheduleIsRefused(String setting, String value) {
        assertThatThrownBy(() -> bind(setting, value)).rootCause().isInstanceOf(InvalidSettingException.class)
            .hasMessageStartingWith(setting + " is " + value + ": put ");
    }

    @ParameterizedTest
    @FieldSource("MAY_BE_ZERO")
    void zeroIsTakenWhereItHasAMeaning(String setting) {
        assertThatCode(() -> bind(setting, "0")).doesNotThrowAnyException();
    }

    private static InventoryProperties bind(String setting, String value) {
        Map<String, String> settings = new HashMap<>(Map.of(BUS, CONNECTION_STRING));
        settings.put(setting, value);
        return new Binder(new MapConfigurationPropertySource(settings)).bind("inventory", InventoryProperties.class).get();
    }
}
