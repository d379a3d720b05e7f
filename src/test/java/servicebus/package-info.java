/**
 * The embedded Service Bus: a broker in memory for the unmodified Azure SDK, for tests and for development. Start it with
 * {@link servicebus.EmbeddedServiceBus#start(java.nio.file.Path)}; {@code README.md} in this folder lists what it supports and what it does
 * not. It does not depend on the worker.
 */
package servicebus;
