package ecommerce.inventory.support;

import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

/** A killed JVM leaves no process behind. */
class EndOfJvmTest {

    private static final Pattern CHILD = Pattern.compile("child (\\d+)\n");
    private static final String JAVA_CHILD = "as a child";

    @Test
    void aJvmThatIsKilledLeavesNeitherItsPostgresNorAnotherJvmBehind() throws Exception {
        try (JavaProcess jvm = new JavaProcess(arguments())) {
            await().until(jvm::output, output -> output.contains("ready"));
            List<ProcessHandle> children = CHILD.matcher(jvm.output()).results().map(EndOfJvmTest::process).toList();
            assertThat(children).hasSize(2).allMatch(ProcessHandle::isAlive);

            jvm.handle().destroyForcibly();

            await().untilAsserted(() -> assertThat(children).noneMatch(ProcessHandle::isAlive));
        }
    }

    @Test
    void aJvmThatGoesOnKillsNothing() throws Exception {
        try (JavaProcess child = new JavaProcess(arguments(JAVA_CHILD))) {
            Process other = EndOfJvm.runs("kill -KILL " + child.handle().pid());
            System.gc();
            assertThat(List.of(child.handle(), other.toHandle())).allMatch(ProcessHandle::isAlive);

            other.getOutputStream().close();

            await().untilAsserted(() -> assertThat(List.of(child.handle(), other.toHandle())).noneMatch(ProcessHandle::isAlive));
        }
    }

    /** The JVM that the test kills, and its child process. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        if (arguments.length == 0) {
            System.out.println("child " + TestDatabase.start().jdbc()
                .queryForObject("SELECT split_part(pg_read_file('postmaster.pid'), chr(10), 1)", String.class));
            System.out.println("child " + new JavaProcess(arguments(JAVA_CHILD)).handle().pid());
            System.out.println("ready");
        }
        new CountDownLatch(1).await();
    }

    private static List<String> arguments(String... arguments) {
        return Stream.concat(Stream.of("-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"),
            EndOfJvmTest.class.getName()), Arrays.stream(arguments)).toList();
    }

    private static ProcessHandle process(MatchResult child) {
        return ProcessHandle.of(Long.parseLong(child.group(1))).orElseThrow();
    }
}
