package ecommerce.inventory.documentation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ecommerce.inventory.PlainCamelBeans;
import ecommerce.inventory.support.GeneratedFile;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.ClassPathResource;

/**
 * {@code docs/settings.md} lists the settings {@code inventory.*} with their defaults: those of {@code application.yaml}, described in
 * {@code InventoryProperties} or, if it does not have them, by the comment in their line. The text before the list is written by hand.
 */
class SettingsPageTest {

    private static final Path PAGE = Path.of("docs", "settings.md");
    private static final Path YAML = Path.of("src", "main", "resources", "application.yaml");
    private static final String GROUP = "\n### ";

    /** @param value the default; empty if there is none */
    private record Setting(String value, String description) {

        String row(String name) {
            return "| `" + name + "` | " + (value.isEmpty() ? "" : "`" + value + "` ") + "| " + description.replace("|", "\\|") + " |";
        }
    }

    @Test
    void theListIsCurrent() throws IOException {
        GeneratedFile.check(PAGE, Files.readString(PAGE).split(GROUP)[0] + list());
    }

    @Test
    void everySettingIsDescribedAndHasItsDefaultInTheYamlAlone() throws IOException {
        for (JsonNode setting : metadata()) {
            String name = setting.get("name").textValue();
            if (name.startsWith("inventory.")) {
                assertThat(setting.path("description").asText()).as("description of %s", name).isNotBlank();
                assertThat(setting.path("type").asText()).as("type of %s", name).isNotBlank();
                assertThat(setting.has("defaultValue")).as("default of %s in Java", name).isFalse();
            }
        }
    }

    private static JsonNode metadata() throws IOException {
        return new ObjectMapper().readTree(new ClassPathResource("META-INF/spring-configuration-metadata.json").getInputStream()).get("properties");
    }

    private static String list() throws IOException {
        Map<String, StringJoiner> groups = new LinkedHashMap<>();
        settings().forEach((name, setting) -> groups.computeIfAbsent(name.substring(0, name.lastIndexOf('.')), group ->
            new StringJoiner("\n", GROUP + group + "\n\n| setting | default | |\n|---|---|---|\n", "\n")).add(setting.row(name)));
        return groups.values().stream().map(StringJoiner::toString).collect(Collectors.joining());
    }

    private static Map<String, Setting> settings() throws IOException {
        Map<String, Setting> settings = new LinkedHashMap<>();
        for (JsonNode setting : metadata()) {
            String name = setting.get("name").textValue();
            // Others are settings of Spring Boot, for the operator endpoint.
            if (name.startsWith("inventory.")) {
                settings.put(name, new Setting(PlainCamelBeans.defaults().getProperty(name, ""), setting.path("description").asText()));
            }
        }
        String yaml = Files.readString(YAML);
        new TreeMap<>(PlainCamelBeans.defaults()).forEach((setting, value) -> {
            String name = setting.toString();
            if (name.startsWith("inventory.") && !settings.containsKey(name)) {
                Matcher comment = Pattern.compile("(?m)^ +" + name.substring(name.lastIndexOf('.') + 1) + ":[^#\n]*# *(.*)$").matcher(yaml);
                settings.put(name, new Setting(value.toString(), comment.find() ? comment.group(1) : ""));
            }
        });
        return settings;
    }
}
