/**
 * The development launcher: {@code mvn spring-boot:test-run} starts the worker with PostgreSQL, a Service Bus and a small shop in one process
 * tree ({@link development.DevelopmentLauncher}), and reloads routes, SQL, schemas and migrations when they are saved
 * ({@link development.EditLoop}).
 */
package development;
