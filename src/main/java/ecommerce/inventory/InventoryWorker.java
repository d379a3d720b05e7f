package ecommerce.inventory;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Starts the worker: the routes in {@code routes/*.camel.yaml} on Spring Boot. */
@SpringBootApplication
public class InventoryWorker {

    public static void main(String[] args) {
        SpringApplication.run(InventoryWorker.class, args);
    }
}
