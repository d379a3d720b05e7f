package ecommerce.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import ecommerce.inventory.settings.InvalidSettingException;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.PackageScanResourceResolver;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.support.StaticApplicationContext;
import org.springframework.util.FileSystemUtils;

/** A start without one of the bundle's route files, wherever the files are. */
class BundledRoutesTest {

    private static final String IN_CLASS_PATH = "classpath:routes/*/*.camel.yaml";
    private static final String NONE_EXCLUDED = null;

    private static CamelContext camel;
    private static List<String> listed;

    private final BundledRoutes routes = new BundledRoutes(new StaticApplicationContext(), false);
    @TempDir
    private Path folder;
    private String inFolders;

    @BeforeAll
    static void start() throws IOException {
        camel = new DefaultCamelContext();
        camel.getCamelContextExtension().addContextPlugin(PackageScanResourceResolver.class, new RouteFileResolver(camel));
        listed = Files.readAllLines(Path.of("src/main/resources/kustomization.yaml")).stream().map(String::strip)
            .filter(line -> line.endsWith(".camel.yaml")).map(line -> line.substring("- ".length())).toList();
    }

    @AfterAll
    static void stop() throws Exception {
        camel.close();
    }

    @BeforeEach
    void copy() throws IOException {
        FileSystemUtils.copyRecursively(Path.of("src/main/resources/routes"), folder.resolve("routes"));
        inFolders = "file:" + folder + "/routes/*/*.camel.yaml";
    }

    @Test
    void allFilesAreFoundInTheClassPathAndInFolders() {
        assertThat(find(NONE_EXCLUDED, IN_CLASS_PATH)).hasSameSizeAs(listed);
        assertThat(find(NONE_EXCLUDED, inFolders)).hasSameSizeAs(listed);
    }

    @Test
    void missingFilesAreNamedWithThePlaceWhereTheyWereLookedFor() throws IOException {
        Files.delete(folder.resolve("routes/inbox/inbox.camel.yaml"));
        Files.delete(folder.resolve("routes/timers/purge.camel.yaml"));

        assertThatThrownBy(() -> find(NONE_EXCLUDED, inFolders)).isInstanceOf(InvalidSettingException.class)
            .hasMessage("camel.main.routes-include-pattern=" + inFolders + " does not find routes/inbox/inbox.camel.yaml, "
                + "routes/timers/purge.camel.yaml, which the bundle has: put the missing files there, or exclude them by "
                + "camel.main.routes-exclude-pattern");
    }

    @Test
    void aPlaceWithoutFilesIsNoBundle() throws IOException {
        Files.createDirectories(folder.resolve("elsewhere/routes/inbox"));
        String elsewhere = "file:" + folder + "/elsewhere/routes/*/*.camel.yaml";

        assertThatThrownBy(() -> find(NONE_EXCLUDED, elsewhere)).hasMessageContainingAll(listed.toArray(String[]::new));
    }

    @Test
    void anExcludedFileMayBeThereOrNot() throws IOException {
        String excluded = "**/purge.camel.yaml,file:" + folder + "/routes/inbox/inbox-*.camel.yaml";
        assertThat(find(excluded, inFolders)).hasSize(listed.size() - 2);

        Files.delete(folder.resolve("routes/timers/purge.camel.yaml"));
        Files.delete(folder.resolve("routes/inbox/inbox-retry.camel.yaml"));

        assertThat(find(excluded, inFolders)).hasSize(listed.size() - 2);
    }

    @Test
    void onlyFilesThatThePatternsMeanAreAskedForAndOneOfThePlacesHasToHaveThem() throws IOException {
        Files.delete(folder.resolve("routes/timers/purge.camel.yaml"));

        assertThat(find(NONE_EXCLUDED, "file:" + folder + "/routes/inbox/*.camel.yaml"))
            .hasSameSizeAs(listed.stream().filter(file -> file.startsWith("routes/inbox/")).toList());
        assertThat(find(NONE_EXCLUDED, "file:" + folder + "/*.camel.yaml")).isEmpty();
        assertThat(find(NONE_EXCLUDED, inFolders + ",classpath:routes/timers/purge.camel.yaml")).hasSameSizeAs(listed);
    }

    private List<String> find(String exclude, String include) {
        return routes.findRouteResourcesFromDirectory(camel, exclude, include).stream().map(resource -> resource.getLocation()).toList();
    }
}
