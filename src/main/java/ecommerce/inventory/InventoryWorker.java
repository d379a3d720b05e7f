package ecommerce.inventory;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.autoconfigure.web.servlet.error.ErrorMvcAutoConfiguration;

/** Starts the worker: the routes of the folders in {@code routes/} on Spring Boot. */
// The port itself answers what no handler answers: see ProblemReport.
@SpringBootApplication(exclude = ErrorMvcAutoConfiguration.class)
public class InventoryWorker {

    public static void main(String[] args) {
        allowManyHandlers();
        SpringApplication.run(InventoryWorker.class, args);
    }

    /**
     * Raises the number of Reactor's elastic threads, on which the SDK handles messages, from ten per core: nothing renews the lock of a
     * message that waits for such a thread. To be called before the first client is made.
     */
    public static void allowManyHandlers() {
        System.getProperties().putIfAbsent("reactor.schedulers.defaultBoundedElasticSize", "500");
    }
}
