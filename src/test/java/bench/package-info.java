/**
 * The benchmark: compares the worker with the same service on plain Spring, with the bare SDK and with bare JDBC. Start it with
 * {@code mvn verify -Pbench}; {@link bench.BenchOptions} lists the options. Worker, bus, load and PostgreSQL are separate processes on one
 * machine. {@link bench.BenchSmokeIT} is a minimal run in each {@code mvn verify}.
 */
package bench;
