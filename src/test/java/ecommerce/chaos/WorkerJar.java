package ecommerce.chaos;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The jar as it is deployed, made to start quickly, for it is started often: unpacked by itself, with an archive of its classes
 * (class data sharing), and without the optimising compiler.
 */
final class WorkerJar {

    private final Path unpacked;
    private final Path archive;

    /** @param directory for what is unpacked */
    WorkerJar(Path jar, Path directory) throws IOException, InterruptedException {
        Process unpacking = new ProcessBuilder(java().toString(), "-Djarmode=tools", "-jar", jar.toString(), "extract", "--force", "--destination",
            directory.toString()).inheritIO().start();
        if (unpacking.waitFor() != 0) {
            throw new IOException("Could not unpack " + jar);
        }
        unpacked = directory.resolve(jar.getFileName());
        archive = directory.resolve("classes.jsa");
    }

    private static Path java() {
        return Path.of(System.getProperty("java.home"), "bin", "java");
    }

    /** Starts a worker that makes the archive when it ends. */
    List<String> training() {
        return command("-XX:ArchiveClassesAtExit=" + archive);
    }

    /** Starts a worker. */
    List<String> command() {
        return command("-XX:SharedArchiveFile=" + archive);
    }

    private List<String> command(String option) {
        return new ArrayList<>(List.of(java().toString(), option, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m", "-jar", unpacked.toString()));
    }
}
