package bench;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How much to measure: system properties {@code bench.*}, such as {@code -Dbench.cases=throughput,latency -Dbench.orders=20000}.
 *
 * @param cases           {@code bench.cases}: which cases, separated by commas; all by default
 * @param before          {@code bench.before}: finished orders that the tables hold when a measurement begins
 * @param orders          {@code bench.orders}: orders of a backlog
 * @param warmUp          {@code bench.warm-up}: orders before anything is measured
 * @param rounds          {@code bench.rounds}: how often each is measured
 * @param rate            {@code bench.rate}: orders/s of the open loop
 * @param rateSeconds     {@code bench.rate-seconds}: how long
 * @param overloadSeconds {@code bench.overload-seconds}: how long twice of what the worker can do is offered
 * @param idleSeconds     {@code bench.idle-seconds}: how long it is watched while it has nothing to do
 * @param rows            {@code bench.rows}: rows that are there before, for the cost of growth
 * @param concurrentCalls {@code bench.concurrent-calls}: messages in flight, of all workers but the plain one
 * @param jfr             {@code bench.jfr}: whether the worker is profiled; the recording is {@code target/bench/worker.jfr}
 * @param jvmOptions      {@code bench.jvm-options}: of workers, bus and load
 */
record BenchOptions(Set<Case> cases, int before, int orders, int warmUp, int rounds, int rate, int rateSeconds, int overloadSeconds, int idleSeconds,
        int rows, int concurrentCalls, boolean jfr, List<String> jvmOptions) {

    /** What can be measured by itself. */
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

    /** How to measure the same again. */
    static String command() {
        return "mvn verify -Pbench" + System.getProperties().stringPropertyNames().stream().filter(name -> name.startsWith("bench."))
            .sorted().map(name -> " -D" + name + "=" + System.getProperty(name)).collect(Collectors.joining());
    }
}
