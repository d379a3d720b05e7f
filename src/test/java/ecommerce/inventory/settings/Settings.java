package ecommerce.inventory.settings;

import java.util.Map;

import ecommerce.inventory.PlainCamelBeans;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/** Settings as Spring Boot reads them. */
public final class Settings {

    private Settings() {
    }

    /** @param set those that differ from {@code application.yaml}, with the same names */
    public static InventoryProperties of(Map<?, ?> set) {
        return new Binder(new MapConfigurationPropertySource(set), new MapConfigurationPropertySource(PlainCamelBeans.defaults()))
            .bind("inventory", InventoryProperties.class).get();
    }
}
