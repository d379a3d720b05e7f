package ecommerce.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

/** Rules for all Java files, so that an engineer finds a class by its name. */
class SourcesTest {

    @Test
    void noTwoClassesShareASimpleName() throws IOException {
        assertThat(sources("src").stream().map(file -> file.getFileName().toString()).filter(name -> !name.equals("package-info.java"))
            .collect(Collectors.groupingBy(name -> name, Collectors.counting())).entrySet())
            .filteredOn(name -> name.getValue() > 1).isEmpty();
    }

    @Test
    void theEmbeddedServiceBusDependsOnNothingOfTheWorker() throws IOException {
        List<Path> sources = sources("src/test/java/servicebus");

        assertThat(sources).isNotEmpty().allSatisfy(file -> assertThat(file).content().doesNotContain("ecommerce."));
    }

    private static List<Path> sources(String folder) throws IOException {
        try (Stream<Path> files = Files.walk(Path.of(folder))) {
            return files.filter(file -> file.toString().endsWith(".java")).toList();
        }
    }
}
