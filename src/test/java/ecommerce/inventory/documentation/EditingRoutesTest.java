package ecommerce.inventory.documentation;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

import ecommerce.inventory.support.Workspace;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code docs/editing-routes.md}: each edit still fits, and its test says whether it is there. */
class EditingRoutesTest {

    private static final List<Edit> EDITS = Edit.of(Path.of("docs", "editing-routes.md"));

    @TempDir
    private Path directory;

    static List<Edit> edits() {
        return EDITS;
    }

    @Test
    void thereAreTenEditsWithATestEach() {
        assertThat(EDITS).hasSize(10).allSatisfy(edit -> assertThat(edit.tests()).as(edit.title()).isNotEmpty());
    }

    /** And the tests of edits that are made on top of it fail. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("edits")
    void theTestPassesWithTheEdit(Edit edit) throws Exception {
        Workspace workspace = Workspace.whole(directory);
        edit.applyTo(workspace);
        List<Edit> onTop = editsOn(edit);

        Workspace.Outcome outcome = Edit.test(workspace, Stream.concat(Stream.of(edit), onTop.stream()).toList());

        assertThat(outcome.passed()).as(outcome.output()).isEqualTo(tests(List.of(edit)));
        assertThat(outcome.failed()).as(outcome.output()).isEqualTo(tests(onTop));
    }

    @Test
    void theTestFailsWithoutTheEdit() throws Exception {
        Workspace workspace = Workspace.whole(directory);

        Workspace.Outcome outcome = Edit.test(workspace, editsOn(null));

        assertThat(outcome.failed()).as(outcome.output()).isEqualTo(tests(editsOn(null)));
    }

    private static List<Edit> editsOn(Edit base) {
        return EDITS.stream().filter(edit -> edit.base() == base).toList();
    }

    private static Set<String> tests(List<Edit> edits) {
        return edits.stream().flatMap(edit -> edit.tests().keySet().stream()).collect(toSet());
    }
}
