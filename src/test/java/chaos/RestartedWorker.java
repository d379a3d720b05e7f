package chaos;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import ecommerce.inventory.support.EndOfJvm;

/** A worker, the jar as it is deployed, which is started again whenever its process ends, as a cluster would. */
final class RestartedWorker implements AutoCloseable {

    private static final Duration STOP_LIMIT = Duration.ofSeconds(60);
    private static final int TERMINATED = 143;

    private final String name;
    private final Path logs;
    private final List<String> command;
    private final Map<String, String> environment;
    private volatile Process process;
    private volatile Path log;
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
        command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            // Started often and never old: without the time and memory of the optimising compiler.
            "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m", "-jar", jar.toString()));
        command.addAll(settings);
        start();
    }

    private synchronized void start() throws IOException {
        log = logs.resolve(name + "-" + ++starts + ".log");
        toEnd = false;
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(new File(log.toString()));
        builder.environment().putAll(environment);
        process = builder.start();
        EndOfJvm.kills(process.toHandle());
        process.onExit().thenAccept(this::startAgain);
    }

    private synchronized void startAgain(Process gone) {
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
        try {
            return process.isAlive() && Files.readString(log).contains("Started InventoryWorker");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@code kill -9}. It is started again at once. */
    synchronized void kill() {
        toEnd = true;
        try {
            process.destroyForcibly().waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** SIGSTOP or SIGCONT. */
    void signal(String signal) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + signal, String.valueOf(process.pid())).start().waitFor();
    }

    /**
     * SIGTERM, and waits for the end. It is started again at once.
     *
     * @throws IllegalStateException if it does not end, or not in order
     */
    void terminate() throws InterruptedException {
        Process old;
        synchronized (this) {
            toEnd = true;
            old = process;
            old.destroy();
        }
        if (!old.waitFor(STOP_LIMIT.toSeconds(), TimeUnit.SECONDS) || old.exitValue() != TERMINATED) {
            throw new IllegalStateException(name + " did not end by SIGTERM in " + STOP_LIMIT);
        }
    }

    int starts() {
        return starts;
    }

    /** How often it has ended without being told to: in a start without the database, say. */
    int endedByItself() {
        return endedByItself;
    }

    @Override
    public void close() throws InterruptedException {
        synchronized (this) {
            ended = true;
        }
        process.destroyForcibly().waitFor();
    }
}
