package mutants;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

import ecommerce.inventory.support.Workspace;
import org.junit.jupiter.api.Test;

/** The faults of {@code src/test/mutants} still fit, and the tests of each row in {@code docs/guarantees.md} notice two or more. */
class MutantTest {

    private static final List<Mutant> MUTANTS = Mutant.all();
    private static final int LEAST = 120;
    private static final int LEAST_OF_A_GUARANTEE = 2;
    /** A row of the table: the guarantee, and the tests that show it. */
    private static final Pattern GUARANTEE = Pattern.compile("(?m)^\\| (\\*\\*.*) \\| ([^|]*) \\|$");
    private static final Pattern TEST = Pattern.compile("`(\\w+(?:Test|IT))`");

    @Test
    void thereAreEnough() {
        assertThat(MUTANTS).hasSizeGreaterThanOrEqualTo(LEAST);
    }

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

    @Test
    void eachGuaranteeIsShownByTestsThatNoticeAFaultOfIt() throws IOException {
        Map<String, List<String>> faults = faultsByTest();

        guarantees().forEach((guarantee, tests) -> {
            assertThat(tests).as("tests of: %s", guarantee).isNotEmpty()
                .allSatisfy(test -> assertThat(faults.getOrDefault(test, List.of())).as("faults that %s notices", test).isNotEmpty());
            assertThat(tests.stream().flatMap(test -> faults.get(test).stream()).distinct()).as("faults of: %s", guarantee)
                .hasSizeGreaterThanOrEqualTo(LEAST_OF_A_GUARANTEE);
        });
    }

    private static Map<String, List<String>> guarantees() throws IOException {
        String section = Files.readString(Path.of("docs", "guarantees.md")).split("\n## ")[0];
        Map<String, List<String>> guarantees = new TreeMap<>();
        GUARANTEE.matcher(section).results().forEach(row ->
            guarantees.put(row.group(1), TEST.matcher(row.group(2)).results().map(test -> test.group(1)).toList()));
        assertThat(guarantees).as("rows of the table").hasSize((int) section.lines().filter(line -> line.startsWith("| ")).count() - 1);
        return guarantees;
    }

    /** Names of faults by the simple names of the test classes that notice them. */
    private static Map<String, List<String>> faultsByTest() {
        return MUTANTS.stream().flatMap(mutant -> mutant.tests().stream().map(test -> Map.entry(test.className().replaceFirst(".*\\.", ""), mutant.name())))
            .distinct().collect(groupingBy(Map.Entry::getKey, mapping(Map.Entry::getValue, toList())));
    }
}
