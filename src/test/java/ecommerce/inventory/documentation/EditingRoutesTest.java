package ecommerce.inventory.documentation;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

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

    /** Tests of edits that are made to the same thing. */
    static Stream<List<Edit>> editsOfOneBase() {
        return EDITS.stream().collect(groupingBy(edit -> Optional.ofNullable(edit.base()))).values().stream();
    }

    @Test
    void thereAreTenEditsWithATestEach() {
        assertThat(EDITS).hasSize(10).allSatisfy(edit -> assertThat(edit.tests()).as(edit.title()).isNotEmpty());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("edits")
    void theTestPassesWithTheEdit(Edit edit) throws Exception {
        Workspace workspace = Workspace.whole(directory);
        workspace.apply(edit);

        Workspace.Outcome outcome = workspace.run(List.of(edit));

        assertThat(outcome.exitCode()).as(outcome.output()).isZero();
    }

    @ParameterizedTest(name = "{index}")
    @MethodSource("editsOfOneBase")
    void theTestFailsWithoutTheEdit(List<Edit> edits) throws Exception {
        Workspace workspace = Workspace.whole(directory);
        workspace.apply(edits.get(0).base());

        Workspace.Outcome outcome = workspace.run(edits);

        assertThat(outcome.failed()).as(outcome.output())
            .isEqualTo(edits.stream().flatMap(edit -> edit.tests().keySet().stream()).collect(toSet()));
    }
}
