package routelint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;

/** {@code docs/routes.md} is up to date. */
class RoutePictureTest {

    private static final Path PAGE = Path.of("docs", "routes.md");

    @Test
    void thePictureIsCurrent() throws IOException {
        String picture = RoutePicture.of(Path.of(""));
        if (System.getProperty("update") != null) {
            Files.createDirectories(PAGE.getParent());
            Files.writeString(PAGE, picture);
        }

        assertThat(PAGE).as("docs/routes.md is out of date; rewrite it: mvn test -Dtest=RoutePictureTest -Dupdate")
            .hasContent(picture);
    }
}
