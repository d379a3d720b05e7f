/**
 * The benchmark: how fast the worker is, beside the same service on plain Spring, beside the bare SDK and beside bare JDBC. Start it by
 * {@code mvn verify -Pbench}; {@link bench.BenchOptions} lists what can be set. Worker, bus, load and PostgreSQL are processes of their own on
 * one machine. {@link bench.BenchSmokeIT} runs the smallest of it in each {@code mvn verify}.
 */
package bench;
