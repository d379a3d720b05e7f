/**
 * Support for tests of the worker. A route alone, with mocks: {@link ecommerce.inventory.support.RouteTest}. The whole worker, with a
 * database and a Service Bus of its own: {@link ecommerce.inventory.support.WorkerTest}; a second worker, or one that ends:
 * {@link ecommerce.inventory.support.Worker}. A PostgreSQL of its own: {@link ecommerce.inventory.support.TestDatabase}. Processes:
 * {@link ecommerce.inventory.support.JavaProcess}, {@link ecommerce.inventory.support.ControlledProcess} and
 * {@link ecommerce.inventory.support.BusProcess}.
 */
package ecommerce.inventory.support;
