package ecommerce.inventory.documentation;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code docs/inbox-pattern.md}: what it says to take to another service is enough for one. */
class InboxPatternTest {

    private static final Path DOCUMENT = Path.of("docs", "inbox-pattern.md");

    @Test
    void aServiceOfTheseFilesHandlesEachMessageOnce(@TempDir Path directory) throws Exception {
        List<Edit> services = Edit.of(DOCUMENT);
        Workspace workspace = Workspace.with(directory, Edit.blocks(DOCUMENT, "text").get(0).lines().toList());
        workspace.apply(services.get(0));

        Workspace.Outcome outcome = workspace.run(services);

        assertThat(outcome.exitCode()).as(outcome.output()).isZero();
    }
}
