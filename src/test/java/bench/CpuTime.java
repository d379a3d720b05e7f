package bench;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The CPU time that processes have used since a moment, by name. The time of a process includes its child processes. */
final class CpuTime {

    private final Map<String, ProcessHandle> processes;
    private final Map<String, Duration> before;

    private CpuTime(Map<String, ProcessHandle> processes) {
        this.processes = processes;
        this.before = used(processes);
    }

    static CpuTime from(Map<String, ProcessHandle> processes) {
        return new CpuTime(processes);
    }

    /** The CPU time since that moment in microseconds, divided by a number. */
    Map<String, Double> per(double divisor) {
        Map<String, Double> result = new LinkedHashMap<>();
        used(processes).forEach((name, now) -> result.put(name, now.minus(before.get(name)).toNanos() / 1e3 / divisor));
        return result;
    }

    private static Map<String, Duration> used(Map<String, ProcessHandle> processes) {
        return processes.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey,
            entry -> Stream.concat(Stream.of(entry.getValue()), entry.getValue().descendants())
                .map(process -> process.info().totalCpuDuration().orElse(Duration.ZERO)).reduce(Duration.ZERO, Duration::plus),
            (a, b) -> a, LinkedHashMap::new));
    }
}
