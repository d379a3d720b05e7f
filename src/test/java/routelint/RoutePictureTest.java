package routelint;

import java.io.IOException;
import java.nio.file.Path;

import ecommerce.inventory.support.GeneratedFile;
import org.junit.jupiter.api.Test;

/** {@code docs/routes.md} is up to date. */
class RoutePictureTest {

    private static final Path PAGE = Path.of("docs", "routes.md");

    @Test
    void thePictureIsCurrent() throws IOException {
        GeneratedFile.check(PAGE, RoutePicture.of(Path.of("")));
    }
}
