package ecommerce.inventory;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Starts the worker: the routes in {@code routes/*.camel.yaml} on Spring Boot. */
@SpringBootApplication
public class InventoryWorker {

    public static void main(String[] args) {
        // The SDK handles messages on Reactor's elastic threads, ten for each core. A message that has to wait for one of
        // them has no one who renews its lock. Read once, when the first client is made.
        System.getProperties().putIfAbsent("reactor.schedulers.defaultBoundedElasticSize", "500");
        SpringApplication.run(InventoryWorker.class, args);
    }
}
