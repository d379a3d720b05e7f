package chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import ecommerce.inventory.support.JavaProcess;

/** A worker from the deployed jar, which is restarted whenever its process ends, as in a cluster. */
final class RestartedWorker implements AutoCloseable {

    private static final int TERMINATED = 143;

    private final String name;
    private final Path logs;
    private final List<String> arguments;
    private final Map<String, String> environment;
    private volatile JavaProcess process;
    private volatile boolean ended;
    private int starts;
    private int endedByItself;
    private boolean toEnd;

    /**
     * Starts it.
     *
     * @param logs        directory for the log of each of its processes
     * @param environment settings, secrets among them
     */
    RestartedWorker(String name, Path logs, Path jar, List<String> settings, Map<String, String> environment) throws IOException {
        this.name = name;
        this.logs = logs;
        this.environment = environment;
        arguments = Stream.concat(JavaProcess.shortLived("-Xmx256m", "-jar", jar.toString()).stream(),
            settings.stream()).toList();
        start();
    }

    private synchronized void start() throws IOException {
        toEnd = false;
        process = new JavaProcess(arguments, environment, logs.resolve(name + "-" + ++starts + ".log"));
        process.handle().onExit().thenAccept(this::startAgain);
    }

    private synchronized void startAgain(ProcessHandle gone) {
        if (ended) {
            return;
        }
        if (!toEnd) {
            endedByItself++;
        }
        try {
            start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean isReady() {
        JavaProcess current = process;
        return current.handle().isAlive() && current.output().contains("Started InventoryWorker");
    }

    /** {@code kill -9}. The worker is restarted at once. */
    synchronized void kill() {
        toEnd = true;
        process.kill();
    }

    /** SIGSTOP or SIGCONT. */
    void signal(String signal) throws IOException, InterruptedException {
        process.signal(signal);
    }

    /**
     * Sends SIGTERM and waits for the end. The worker is restarted at once.
     *
     * @throws IllegalStateException if it does not end, or ends with an error
     */
    void terminate() throws IOException, InterruptedException {
        JavaProcess old;
        synchronized (this) {
            toEnd = true;
            old = process;
            old.signal("TERM");
        }
        if (old.exitCode() != TERMINATED) {
            throw new IllegalStateException(name + " did not end by SIGTERM");
        }
    }

    int starts() {
        return starts;
    }

    /** How often it has ended by itself, for example in a start without the database. */
    int endedByItself() {
        return endedByItself;
    }

    @Override
    public void close() {
        synchronized (this) {
            ended = true;
        }
        process.kill();
    }
}
