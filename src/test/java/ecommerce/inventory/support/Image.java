package ecommerce.inventory.support;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

import com.fasterxml.jackson.databind.ObjectMapper;

/**
 * Builds the {@code Dockerfile} without Docker: runs its instructions in a directory that is the root of all stages, with the JVM of the
 * tests. Needs a POSIX system with GNU tools.
 */
public final class Image {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern ABSOLUTE = Pattern.compile("(?<=[\\s\"@=|:])/(?=(app|jar)([/\\s\"]|$))");
    private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin");

    private final Path root;
    private Path workingDirectory;
    private List<String> entrypoint;

    private Image(Path root) {
        this.root = root;
    }

    /** @param root an empty directory, or one that does not exist yet */
    public static Image build(Path root) throws IOException, InterruptedException {
        Image image = new Image(root.toAbsolutePath());
        for (String instruction : instructions()) {
            image.carryOut(instruction);
        }
        return image;
    }

    /** The image's JVM options for memory and garbage collector, without the archive of classes. */
    public static List<String> jvmOptions() {
        try {
            String entrypoint = instructions().stream().filter(instruction -> instruction.startsWith("ENTRYPOINT ")).findFirst().orElseThrow();
            return words(entrypoint.substring("ENTRYPOINT ".length())).stream()
                .filter(word -> word.startsWith("-XX:") && !word.startsWith("-XX:SharedArchiveFile=")).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> instructions() throws IOException {
        return Files.readString(Path.of("Dockerfile")).replaceAll("(?m)^#.*\n", "").replace("\\\n", "").lines()
            .filter(line -> !line.isBlank()).toList();
    }

    /** The arguments of {@code java} in the image. */
    public List<String> arguments() {
        return entrypoint.subList(1, entrypoint.size());
    }

    /** A file or directory of the image. */
    public Path path(String absolute) {
        return root.resolve(absolute.substring(1));
    }

    private void carryOut(String instruction) throws IOException, InterruptedException {
        String name = instruction.substring(0, instruction.indexOf(' '));
        String arguments = ABSOLUTE.matcher(instruction.substring(name.length())).replaceAll(root + "/").strip();
        switch (name) {
            case "FROM" -> workingDirectory = root;
            case "WORKDIR" -> workingDirectory = Files.createDirectories(Path.of(arguments));
            case "COPY" -> copy(arguments.split(" "));
            case "RUN" -> run(workingDirectory, arguments.startsWith("[") ? words(arguments) : List.of("sh", "-ec", arguments));
            case "ENTRYPOINT" -> entrypoint = words(arguments);
            case "USER", "EXPOSE" -> {
                // Nothing to build.
            }
            default -> throw new IllegalArgumentException("Unknown instruction: " + instruction);
        }
    }

    private void copy(String[] arguments) throws IOException, InterruptedException {
        String source = arguments[arguments.length - 2];
        String target = arguments[arguments.length - 1];
        if (!arguments[0].startsWith("--from=")) {
            if (!Files.readAllLines(Path.of(".dockerignore")).contains("!" + source)) {
                throw new IllegalArgumentException(source + " is excluded by .dockerignore");
            }
            run(Path.of("").toAbsolutePath(), List.of("sh", "-ec", "cp " + source + " " + workingDirectory.resolve(target)));
        } else if (!source.equals(target) || !Files.exists(Path.of(source))) {
            throw new IllegalArgumentException("Is missing, or is at another path in the other stage: " + Arrays.toString(arguments));
        }
    }

    private static List<String> words(String json) throws IOException {
        return List.of(JSON.readValue(json, String[].class));
    }

    private static void run(Path directory, List<String> command) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
        builder.environment().merge("PATH", JAVA.toString(), (path, java) -> java + File.pathSeparator + path);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new IllegalStateException(command + " failed: " + output);
        }
    }
}
