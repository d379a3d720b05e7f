package ecommerce.inventory.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file of the project that follows from others. A test keeps it current, and rewrites it with {@code -Dupdate}. */
public final class GeneratedFile {

    private GeneratedFile() {
    }

    /** @param test that is to be run with {@code -Dupdate} */
    public static void check(Path file, String wanted, Class<?> test) throws IOException {
        if (System.getProperty("update") != null) {
            Files.createDirectories(file.getParent());
            Files.writeString(file, wanted);
        }

        assertThat(Files.readString(file)).as("%s is out of date; rewrite it: mvn test -Dtest=%s -Dupdate", file, test.getSimpleName())
            .isEqualTo(wanted);
    }
}
