package ecommerce.inventory.documentation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.StringJoiner;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ecommerce.inventory.support.GeneratedFile;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.ClassPathResource;

/** {@code docs/settings.md} lists the settings of {@code InventoryProperties} with their defaults. The text before the list is written by hand. */
class SettingsPageTest {

    private static final Path PAGE = Path.of("docs", "settings.md");
    private static final String GROUP = "\n### ";

    @Test
    void theListIsCurrent() throws IOException {
        GeneratedFile.check(PAGE, Files.readString(PAGE).split(GROUP)[0] + list(), getClass());
    }

    private static String list() throws IOException {
        JsonNode all = new ObjectMapper().readTree(new ClassPathResource("META-INF/spring-configuration-metadata.json").getInputStream());
        StringJoiner list = new StringJoiner("\n", "", "\n");
        String group = "";
        for (JsonNode setting : all.get("properties")) {
            String name = setting.get("name").textValue();
            if (!name.startsWith("inventory.")) {
                // A setting of Spring Boot, for the operator endpoint.
                continue;
            }
            String itsGroup = name.substring(0, name.lastIndexOf('.'));
            if (!itsGroup.equals(group)) {
                group = itsGroup;
                list.add(GROUP + group).add("").add("| setting | default | |").add("|---|---|---|");
            }
            String value = setting.path("defaultValue").asText();
            list.add("| `" + name + "` | " + (value.isEmpty() ? "" : "`" + value + "` ") + "| "
                + setting.path("description").asText().replace("|", "\\|") + " |");
        }
        return list.toString();
    }
}
