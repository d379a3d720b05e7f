package ecommerce.inventory;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.autoconfigure.web.servlet.error.ErrorMvcAutoConfiguration;

/** Starts the worker: the routes of the folders in {@code routes/} on Spring Boot. */
// What no handler answers, the port itself does: see ProblemReport.
@SpringBootApplication(exclude = ErrorMvcAutoConfiguration.class)
public class InventoryWorker {

    public static void main(String[] args) {
        allowManyHandlers();
        SpringApplication.run(InventoryWorker.class, args);
    }

    /**
     * Raises the number of Reactor's elastic threads, ten for each core, on which the SDK handles messages: a message that
     * has to wait for one has no one who renews its lock. To be called before the first client is made.
     */
    public static void allowManyHandlers() {
        System.getProperties().putIfAbsent("reactor.schedulers.defaultBoundedElasticSize", "500");
    }
}
