package ecommerce.mutants;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import ecommerce.inventory.support.Workspace;
import org.junit.jupiter.api.Test;

/** The faults of {@code src/test/mutants} still fit. */
class MutantTest {

    private static final List<Mutant> MUTANTS = Mutant.all();

    @Test
    void eachFitsAndChangesItsFile() throws IOException {
        for (Mutant mutant : MUTANTS) {
            List<String> original = Files.readAllLines(Path.of(mutant.file()));

            assertThat(Workspace.patched(mutant.name(), mutant.diff(), original)).as(mutant.name()).isNotEqualTo(original);
        }
    }

    @Test
    void noTwoAreTheSame() {
        assertThat(MUTANTS).extracting(Mutant::diff).doesNotHaveDuplicates();
    }

    @Test
    void eachNamesTestsThatExist() {
        assertThat(MUTANTS.stream().flatMap(mutant -> mutant.tests().stream()).filter(test -> !test.exists())).isEmpty();
    }
}
