package ecommerce.inventory.documentation;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import ecommerce.inventory.support.Workspace;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code docs/recipes}: the test of each change passes with it and fails without it. */
class RecipesTest {

    private static final Path DIRECTORY = Path.of("docs", "recipes");
    private static final List<Recipe> RECIPES = Recipe.all(DIRECTORY);
    private static final Duration LIMIT = Duration.ofMinutes(2);
    /** Ends the wait for what never happens. */
    private static final Duration UNTIL_IT_FAILS = Duration.ofSeconds(5);
    private static final String WITHOUT_SERVICE_BUS = "08-another-broker";
    /** Checks that hold with each change too, unless they are about Service Bus and the change does without it. */
    private static final Set<String> CHECKS = Set.of("routelint.RouteChecksTest", "routelint.ScheduleTest", "ecommerce.inventory.contracts.AsyncApiTest",
        "ecommerce.inventory.database.SqlFilesTest", "ecommerce.inventory.k8s.ServiceBusTemplateTest");
    /** They change what the tests of the others rely on: the entities of the bus, and the fields of events. */
    private static final Set<String> ALONE = Set.of("03-another-topic", WITHOUT_SERVICE_BUS, "17-field-of-every-event");

    @TempDir
    private Path directory;

    static List<List<Recipe>> recipesThatFitTogether() {
        return Recipe.together(RECIPES, ALONE);
    }

    @Test
    void eachRecipeHasATest() {
        assertThat(RECIPES).hasSizeGreaterThanOrEqualTo(17).allSatisfy(recipe -> assertThat(recipe.tests()).as(recipe.folder()).isNotEmpty());
    }

    @Test
    void theTableListsEachRecipe() throws IOException {
        assertThat(Files.readString(DIRECTORY.resolve("README.md")))
            .contains(RECIPES.stream().map(recipe -> "(" + recipe.folder() + "/README.md)").toList());
    }

    @Test
    void aRecipeThatDoesNotFitSkipsNoOther() {
        Recipe misfit = new Recipe("misfit", null, List.of("--- a/README.md\n+++ b/README.md\n@@ -1,1 +1,1 @@\n-Not in this tree\n+Changed\n"), Map.of());

        List<List<Recipe>> groups = Recipe.together(Stream.concat(Stream.of(misfit), RECIPES.stream()).toList(), ALONE);

        assertThat(groups.get(0)).containsExactly(misfit);
        assertThat(groups.subList(1, groups.size())).isEqualTo(recipesThatFitTogether()).hasSizeLessThan(RECIPES.size());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("recipesThatFitTogether")
    void theTestsPassWithTheirChanges(List<Recipe> recipes) throws Exception {
        Workspace workspace = Workspace.whole(directory);
        for (Recipe recipe : recipes) {
            recipe.applyTo(workspace);
        }
        workspace.completeContract();

        Set<String> checks = recipes.get(0).folder().equals(WITHOUT_SERVICE_BUS) ? Set.of() : CHECKS;

        Workspace.Outcome outcome = Recipe.test(workspace, recipes, checks, LIMIT);

        assertThat(outcome.passed()).as(outcome.output()).containsAll(tests(recipes)).containsAll(checks);
    }

    /** @param base what the recipes are on top of; null for the worker */
    @ParameterizedTest(name = "on top of {0}")
    @MethodSource("bases")
    void theTestFailsWithoutTheChange(Recipe base) throws Exception {
        Workspace workspace = Workspace.whole(directory);
        if (base != null) {
            base.applyTo(workspace);
        }

        Workspace.Outcome outcome = Recipe.test(workspace, recipesOn(base), Set.of(), UNTIL_IT_FAILS);

        assertThat(outcome.failed()).as(outcome.output()).isEqualTo(tests(recipesOn(base)));
    }

    static Stream<Recipe> bases() {
        return RECIPES.stream().map(Recipe::base).distinct();
    }

    private static List<Recipe> recipesOn(Recipe base) {
        return RECIPES.stream().filter(recipe -> recipe.base() == base).toList();
    }

    private static Set<String> tests(List<Recipe> recipes) {
        return recipes.stream().flatMap(recipe -> recipe.tests().keySet().stream()).collect(toSet());
    }
}
