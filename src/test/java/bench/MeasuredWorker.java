package bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

import bench.plain.SpringBaselineWorker;
import ecommerce.inventory.support.Image;
import ecommerce.inventory.support.JavaProcess;
import ecommerce.inventory.support.Waiting;

/** A worker that receives orders from the bus and publishes events, in a JVM with the options of its container. */
final class MeasuredWorker implements AutoCloseable {

    /** The memory of the container in {@code k8s/base}. */
    static final String MEMORY = "-XX:MaxRAM=768m";
    /** The JVM options of the image, without class path and archive of classes. */
    static final List<String> JVM_OPTIONS = Image.jvmOptions();
    /** Messages in flight in the plain worker, which needs a connection for each. */
    private static final int PLAIN_CALLS = 16;
    private static final Path RECORDING = Path.of("target", "bench", "worker.jfr");
    private static final Duration START = Duration.ofMinutes(3);

    /** The kinds of workers. */
    enum Kind {
        INVENTORY("Inventory Worker"), PLAIN("plain Spring worker, 16 at a time"), SDK("SDK alone, events one by one"),
        SDK_BATCHES("SDK alone, events in batches");

        private final String title;

        Kind(String title) {
            this.title = title;
        }

        String title() {
            return title;
        }
    }

    private final Kind kind;
    private final JavaProcess process;

    private MeasuredWorker(Kind kind, JavaProcess process) {
        this.kind = kind;
        this.process = process;
    }

    /** Starts a worker, and waits until it reports that it has started. */
    static MeasuredWorker start(Kind kind, Image image, String database, String bus, BenchOptions settings, boolean jfr) throws IOException {
        List<String> command = new ArrayList<>(settings.jvmOptions());
        command.add(MEMORY);
        int concurrentCalls = settings.concurrentCalls();
        if (jfr) {
            Files.createDirectories(RECORDING.getParent());
            command.add("-XX:StartFlightRecording=settings=profile,filename=" + RECORDING);
        }
        command.addAll(kind == Kind.INVENTORY ? image.arguments() : JVM_OPTIONS);
        switch (kind) {
            case INVENTORY -> command.addAll(List.of("--spring.datasource.url=" + database,
                "--spring.datasource.username=postgres", "--server.port=0", "--management.server.port=0",
                "--inventory.servicebus.connection-string=" + bus, "--inventory.servicebus.max-concurrent-calls=" + concurrentCalls));
            case PLAIN -> command.addAll(List.of("-cp", System.getProperty("java.class.path"), SpringBaselineWorker.class.getName(),
                "--spring.datasource.url=" + database, "--spring.datasource.username=postgres", "--servicebus.connection-string=" + bus,
                "--servicebus.max-concurrent-calls=" + PLAIN_CALLS,
                "--spring.datasource.hikari.maximum-pool-size=" + (PLAIN_CALLS + 4)));
            case SDK, SDK_BATCHES -> command.addAll(List.of("-cp", System.getProperty("java.class.path"), SdkWorker.class.getName(), bus,
                String.valueOf(concurrentCalls), kind == Kind.SDK ? "one by one" : "batches"));
        }
        JavaProcess process = new JavaProcess(command);
        try {
            Waiting.await().atMost(START).until(() -> {
                if (!process.handle().isAlive()) {
                    throw new IllegalStateException(kind.title() + " did not start:\n" + process.output());
                }
                return process.output().contains("Started ");
            });
        } catch (RuntimeException e) {
            process.close();
            throw e;
        }
        return new MeasuredWorker(kind, process);
    }

    static Path recording() {
        return RECORDING;
    }

    Kind kind() {
        return kind;
    }

    ProcessHandle handle() {
        return process.handle();
    }

    /** Its current memory in MiB; NaN if the system does not report it. */
    double resident() {
        return memory("VmRSS");
    }

    /** Its peak memory in MiB. */
    double peak() {
        return memory("VmHWM");
    }

    private double memory(String which) {
        try {
            OptionalLong bytes = process.memory(which);
            return bytes.isPresent() ? bytes.getAsLong() / 1024.0 / 1024.0 : Double.NaN;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Fails with the output if the worker has logged an error. Retries, such as while tables are emptied, are no errors. */
    void assertNoError() {
        if (kind == Kind.INVENTORY && process.output().contains(" ERROR ")) {
            throw new IllegalStateException(process.output());
        }
    }

    @Override
    public void close() throws IOException {
        try {
            process.end("TERM");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            process.close();
        }
    }
}
