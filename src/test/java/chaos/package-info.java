/**
 * The chaos run: shops send orders while faults hit workers, PostgreSQL and Service Bus, each in a process of its own; then a ledger is
 * made of what was sent, what the tables hold and what was published. Start it by {@code mvn verify -Pchaos} for half an hour;
 * {@code mvn verify} runs two minutes of it. {@code -Dchaos.minutes} and {@code -Dchaos.seed} set its length and its schedule.
 * {@link chaos.FaultyWorkersIT} shows that the ledger finds faults that are built into the worker.
 */
package chaos;
