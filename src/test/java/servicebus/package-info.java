/**
 * The embedded Service Bus: a broker in memory that the unmodified Azure SDK talks to, for tests and for development. Start it by
 * {@link servicebus.EmbeddedServiceBus#start(java.nio.file.Path)}; {@code README.md} beside it says what it does and what it does not do.
 * It depends on nothing of the worker.
 */
package servicebus;
