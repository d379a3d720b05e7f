package ecommerce.inventory.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Ends processes that this JVM has started when the JVM ends, even if it is killed and runs no shutdown hook. */
public final class EndOfJvm {

    /** Keeps references: the input of an unreferenced process may be closed early, and its end means that the JVM has ended. */
    private static final Set<Process> SHELLS = ConcurrentHashMap.newKeySet();

    private EndOfJvm() {
    }

    /** Kills a process when the JVM ends, unless it has ended before. */
    public static void kills(ProcessHandle process) {
        Process shell = runs("kill -KILL " + process.pid());
        process.onExit().thenRun(() -> {
            shell.destroyForcibly();
            SHELLS.remove(shell);
        });
    }

    /**
     * Runs a command when the JVM ends.
     *
     * @param command of a POSIX shell
     * @return        the shell that waits
     */
    public static Process runs(String command) {
        try {
            // Its input is a pipe from this JVM. It ignores signals, as Ctrl-C goes to all processes of a terminal.
            Process shell = new ProcessBuilder("sh", "-c", "trap '' HUP INT TERM; read -r line; " + command)
                .redirectOutput(Redirect.DISCARD).redirectError(Redirect.DISCARD).start();
            SHELLS.add(shell);
            return shell;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
