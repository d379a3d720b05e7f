package ecommerce.inventory.transaction;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import javax.sql.DataSource;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import ecommerce.inventory.database.Sql;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcTemplate;

/**
 * The products that another transaction keeps locked, as far as orders have waited for them in vain. A product counts as locked from when
 * it was found locked until an order has obtained it. Orders are messages in variable {@code message}.
 */
public class LockedProducts {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final NamedParameterJdbcTemplate jdbc;
    private final Set<String> locked = ConcurrentHashMap.newKeySet();

    public LockedProducts(DataSource dataSource) {
        this.jdbc = new NamedParameterJdbcTemplate(dataSource);
    }

    /** Finds out which of the products that the orders want are locked now. */
    void find(Collection<Map<String, Object>> orders) {
        List<String> wanted = orders.stream().flatMap(order -> products(order).stream()).distinct().toList();
        List<String> found = jdbc.queryForList(Sql.read("inbox/locked-products"), Map.of("products", wanted.toArray(String[]::new)), String.class);
        wanted.stream().filter(product -> !found.contains(product)).forEach(locked::remove);
        locked.addAll(found);
    }

    /** Notes that the orders have obtained all their products. */
    void had(Collection<Map<String, Object>> orders) {
        if (!locked.isEmpty()) {
            orders.forEach(order -> products(order).forEach(locked::remove));
        }
    }

    /** The locked products that an order wants. */
    List<String> wantedBy(Map<String, Object> order) {
        return locked.isEmpty() ? List.of() : products(order).stream().filter(locked::contains).distinct().sorted().toList();
    }

    private static List<String> products(Map<String, Object> order) {
        try {
            return JSON.readTree((String) order.get("messageBody")).path("items").findValuesAsText("productId");
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
