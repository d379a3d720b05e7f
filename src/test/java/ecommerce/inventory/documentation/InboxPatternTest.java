package ecommerce.inventory.documentation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

import ecommerce.inventory.support.Workspace;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.core.io.ClassPathResource;

/** {@code docs/inbox-pattern.md}: what it says to take to another service is enough for one. */
class InboxPatternTest {

    private static final Path DOCUMENT = Path.of("docs", "inbox-pattern.md");
    private static final List<String> RESOURCES = Edit.blocks(DOCUMENT, "text").get(0).lines().toList();
    private static final Pattern BEAN = Pattern.compile("(?:ref: |idempotentRepository: |=#)(\\w+)");

    @Test
    void aServiceOfTheseFilesHandlesEachMessageOnce(@TempDir Path directory) throws Exception {
        List<Edit> services = Edit.of(DOCUMENT);
        Workspace workspace = Workspace.with(directory, RESOURCES);
        services.get(0).applyTo(workspace);

        Workspace.Outcome outcome = Edit.test(workspace, services);

        assertThat(outcome.passed()).as(outcome.output()).isEqualTo(services.get(0).tests().keySet());
    }

    @Test
    void itNamesAllBeansOfTheRoutes() throws IOException {
        Set<String> beans = new TreeSet<>();
        for (String route : RESOURCES.stream().filter(resource -> resource.startsWith("routes/")).toList()) {
            String yaml = new ClassPathResource(route).getContentAsString(StandardCharsets.UTF_8);
            BEAN.matcher(yaml).results().forEach(bean -> beans.add('`' + bean.group(1) + '`'));
        }

        assertThat(Files.readString(DOCUMENT)).contains(beans);
    }
}
