package ecommerce.inventory.documentation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

import ecommerce.inventory.support.Workspace;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.core.io.ClassPathResource;

/** {@code docs/inbox-pattern.md}: the listed files are enough to run the service in {@code docs/loyalty-service}. */
class InboxPatternTest {

    private static final Path DOCUMENT = Path.of("docs", "inbox-pattern.md");
    private static final Pattern LIST = Pattern.compile("(?ms)^```text\\n(.*?)^```$");
    private static final Pattern BEAN = Pattern.compile("(?:ref: |idempotentRepository: |=#)(\\w+)");

    @Test
    void aServiceOfTheseFilesHandlesEachMessageOnce(@TempDir Path directory) throws Exception {
        Recipe service = Recipe.of(Path.of("docs", "loyalty-service"), null);
        Workspace workspace = Workspace.with(directory, resources());
        service.applyTo(workspace);

        Workspace.Outcome outcome = Recipe.test(workspace, List.of(service), Set.of(), Duration.ofMinutes(2));

        assertThat(outcome.passed()).as(outcome.output()).isEqualTo(service.tests().keySet());
    }

    @Test
    void itNamesAllBeansOfTheRoutes() throws IOException {
        Set<String> beans = new TreeSet<>();
        for (String route : resources().stream().filter(resource -> resource.startsWith("routes/")).toList()) {
            String yaml = new ClassPathResource(route).getContentAsString(StandardCharsets.UTF_8);
            BEAN.matcher(yaml).results().forEach(bean -> beans.add('`' + bean.group(1) + '`'));
        }

        assertThat(Files.readString(DOCUMENT)).contains(beans);
    }

    /** The list of files in the document. */
    private static List<String> resources() throws IOException {
        return LIST.matcher(Files.readString(DOCUMENT)).results().findFirst().orElseThrow().group(1).lines().toList();
    }
}
