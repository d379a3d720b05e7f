/**
 * The chaos run: a shop sends orders while faults hit workers, PostgreSQL and Service Bus, each in a process of its own. Then a ledger
 * compares what was sent with the tables and the published events. Start it with {@code mvn verify -Pchaos} for half an hour;
 * {@code mvn verify} runs two minutes of it. {@code -Dchaos.minutes} and {@code -Dchaos.seed} set its length and its schedule.
 * {@link chaos.FaultyWorkersIT} shows that the ledger finds faults that are built into the worker.
 */
package chaos;
