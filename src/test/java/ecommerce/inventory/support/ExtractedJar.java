package ecommerce.inventory.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The worker's jar with its libraries next to it, as in the image: it starts in half the time of a jar that contains them. */
public final class ExtractedJar {

    private ExtractedJar() {
    }

    /**
     * @param jar       the packaged jar
     * @param directory for the jar and its libraries; what it has of them is replaced
     * @return          the jar in the directory
     */
    public static Path of(Path jar, Path directory) throws IOException, InterruptedException {
        try (JavaProcess tool = new JavaProcess(List.of("-Djarmode=tools", "-jar", jar.toString(), "extract", "--destination", directory.toString(),
                "--force"))) {
            assertThat(tool.exitCode()).as(tool.output()).isZero();
        }
        return directory.resolve(jar.getFileName());
    }
}
