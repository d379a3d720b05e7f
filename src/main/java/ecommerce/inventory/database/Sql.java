package ecommerce.inventory.database;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

import org.springframework.core.io.ClassPathResource;

/** The statements that Java executes instead of a route. */
public final class Sql {

    private Sql() {
    }

    /** @param name file in {@code routes/}, without its ending: {@code inbox/inbox-insert} */
    public static String read(String name) {
        try {
            return new ClassPathResource("routes/" + name + ".sql").getContentAsString(StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
