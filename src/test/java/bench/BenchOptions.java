package bench;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What and how much to measure: system properties {@code bench.*}, such as {@code -Dbench.cases=throughput,latency -Dbench.orders=20000}.
 *
 * @param cases           {@code bench.cases}: the cases, separated by commas; all by default
 * @param before          {@code bench.before}: finished orders that the tables hold when a measurement begins
 * @param orders          {@code bench.orders}: orders of a backlog
 * @param warmUp          {@code bench.warm-up}: orders before the first measurement
 * @param rounds          {@code bench.rounds}: how often each case is measured
 * @param rate            {@code bench.rate}: orders/s of the latency case
 * @param rateSeconds     {@code bench.rate-seconds}: length of the latency case
 * @param overloadSeconds {@code bench.overload-seconds}: length of the overload, which is twice the worker's throughput
 * @param idleSeconds     {@code bench.idle-seconds}: length of the idle case
 * @param rows            {@code bench.rows}: existing rows, for the cost of growth
 * @param concurrentCalls {@code bench.concurrent-calls}: messages in flight in each worker except the plain one
 * @param jfr             {@code bench.jfr}: whether to profile the worker; the recording is {@code target/bench/worker.jfr}
 * @param jvmOptions      {@code bench.jvm-options}: JVM options of workers, bus and load
 */
record BenchOptions(Set<Case> cases, int before, int orders, int warmUp, int rounds, int rate, int rateSeconds, int overloadSeconds, int idleSeconds,
        int rows, int concurrentCalls, boolean jfr, List<String> jvmOptions) {

    /** The cases, each of which can be measured alone. */
    enum Case {
        STARTUP, SDK, PLAIN, THROUGHPUT, LATENCY, IDLE, OVERLOAD, GROWTH, UNFINISHED
    }

    static BenchOptions ofSystemProperties() {
        String cases = System.getProperty("bench.cases", "");
        return new BenchOptions(cases.isBlank() ? EnumSet.allOf(Case.class)
            : Stream.of(cases.split(",")).map(name -> Case.valueOf(name.strip().toUpperCase())).collect(Collectors.toSet()),
            Integer.getInteger("bench.before", 10_000), Integer.getInteger("bench.orders", 10_000), Integer.getInteger("bench.warm-up", 100_000), Integer.getInteger("bench.rounds", 3),
            Integer.getInteger("bench.rate", 200), Integer.getInteger("bench.rate-seconds", 25),
            Integer.getInteger("bench.overload-seconds", 30), Integer.getInteger("bench.idle-seconds", 30),
            Integer.getInteger("bench.rows", 1_000_000), Integer.getInteger("bench.concurrent-calls", 200), Boolean.getBoolean("bench.jfr"),
            Stream.of(System.getProperty("bench.jvm-options", "").split(" ")).filter(option -> !option.isBlank()).toList());
    }

    boolean measures(Case which) {
        return cases.contains(which);
    }

    boolean all() {
        return cases.size() == Case.values().length;
    }

    /** The command that repeats the measurement. */
    static String command() {
        return "mvn verify -Pbench" + System.getProperties().stringPropertyNames().stream().filter(name -> name.startsWith("bench."))
            .sorted().map(name -> " -D" + name + "=" + System.getProperty(name)).collect(Collectors.joining());
    }
}
