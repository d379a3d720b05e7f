package ecommerce.inventory.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.core.io.ClassPathResource;

/** Each documented setting that is a number has a least value. */
class SettingLimitsTest {

    /** All other numbers have to be at least 1. */
    static final List<String> MAY_BE_ZERO = List.of("inventory.servicebus.prefetch", "inventory.inbox.max-retries", "inventory.stream.max-clients");

    private static final String BUS = "inventory.servicebus.connection-string";
    private static final String CONNECTION_STRING = "Endpoint=sb://nowhere.invalid/;SharedAccessKeyName=none;SharedAccessKey=none";

    static List<String> numbers() throws IOException {
        JsonNode all = new ObjectMapper().readTree(new ClassPathResource("META-INF/spring-configuration-metadata.json").getInputStream());
        return StreamSupport.stream(all.get("properties").spliterator(), false)
            .filter(setting -> setting.get("type").textValue().equals("java.lang.Integer")).map(setting -> setting.get("name").textValue())
            // The others are Spring Boot's, for the operator endpoint.
            .filter(name -> name.startsWith("inventory.")).toList();
    }

    @ParameterizedTest
    @MethodSource("numbers")
    void aNumberBelowTheLeastIsRefused(String setting) {
        int tooLittle = MAY_BE_ZERO.contains(setting) ? -1 : 0;

        assertThatThrownBy(() -> bind(setting, tooLittle)).rootCause().isInstanceOf(InvalidSettingException.class)
            .hasMessageStartingWith(setting + " is " + tooLittle + ": put a number ");
    }

    @ParameterizedTest
    @FieldSource("MAY_BE_ZERO")
    void zeroIsTakenWhereItHasAMeaning(String setting) {
        assertThatCode(() -> bind(setting, 0)).doesNotThrowAnyException();
    }

    @Test
    void allNumbersAreLookedAt() throws IOException {
        assertThat(numbers()).hasSizeGreaterThan(12).containsAll(MAY_BE_ZERO);
    }

    private static void bind(String setting, int value) {
        Settings.of(Map.of(BUS, CONNECTION_STRING, setting, value));
    }
}
