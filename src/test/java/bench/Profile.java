package bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingFile;

/** Evaluates a flight recording of the worker. Each sample counts for the library of the topmost method. */
final class Profile {

    private static final Map<String, String> LIBRARIES = new LinkedHashMap<>();
    private static final int METHODS = 25;

    static {
        LIBRARIES.put("ecommerce.", "the worker's own");
        LIBRARIES.put("org.postgresql.", "JDBC driver");
        LIBRARIES.put("com.zaxxer.", "connection pool");
        LIBRARIES.put("org.springframework.boot.loader.", "reading the jar");
        LIBRARIES.put("org.springframework.", "Spring");
        LIBRARIES.put("org.apache.camel.", "Camel");
        LIBRARIES.put("com.azure.", "Azure SDK");
        LIBRARIES.put("reactor.", "Azure SDK: Reactor");
        LIBRARIES.put("org.apache.qpid.", "Azure SDK: Proton");
        LIBRARIES.put("com.microsoft.azure.", "Azure SDK: Proton");
        LIBRARIES.put("com.fasterxml.", "JSON");
        LIBRARIES.put("com.networknt.", "JSON Schema");
        LIBRARIES.put("com.jayway.", "JSONPath");
        LIBRARIES.put("io.opentelemetry.", "traces");
        LIBRARIES.put("io.micrometer.", "metrics");
        LIBRARIES.put("io.prometheus.", "metrics");
        LIBRARIES.put("ch.qos.logback.", "log");
        LIBRARIES.put("org.slf4j.", "log");
    }

    private Profile() {
    }

    /** @param from time from which samples count */
    static String of(Path recording, Instant from) throws IOException {
        Map<String, Integer> libraries = new TreeMap<>();
        Map<String, Integer> methods = new TreeMap<>();
        int samples = 0;
        try (RecordingFile file = new RecordingFile(recording)) {
            while (file.hasMoreEvents()) {
                RecordedEvent event = file.readEvent();
                if (event.getEventType().getName().equals("jdk.ExecutionSample") && event.getStackTrace() != null
                        && event.getStartTime().isAfter(from)) {
                    List<RecordedFrame> frames = event.getStackTrace().getFrames();
                    libraries.merge(library(frames), 1, Integer::sum);
                    methods.merge(name(frames.get(0)), 1, Integer::sum);
                    samples++;
                }
            }
        }
        return "## Where the worker's time goes\n\n" + samples + " samples of running Java code, from the end of the warm-up on.\n\n"
            + table("library", libraries, samples, libraries.size()) + "\n" + table("topmost method", methods, samples, METHODS);
    }

    private static String library(List<RecordedFrame> frames) {
        return frames.stream().map(Profile::name)
            .flatMap(name -> LIBRARIES.entrySet().stream().filter(library -> name.startsWith(library.getKey())).map(Map.Entry::getValue))
            .findFirst().orElse("JDK and other");
    }

    private static String name(RecordedFrame frame) {
        return frame.getMethod().getType().getName() + "." + frame.getMethod().getName();
    }

    private static String table(String title, Map<String, Integer> counts, int samples, int limit) {
        return "| " + title + " | % |\n|---|---|\n" + counts.entrySet().stream()
            .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder())).limit(limit)
            .map(entry -> "| `" + entry.getKey() + "` | " + Series.text(100.0 * entry.getValue() / samples) + " |\n")
            .collect(Collectors.joining());
    }
}
