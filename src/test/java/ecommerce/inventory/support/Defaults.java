package ecommerce.inventory.support;

import java.io.IOException;
import java.io.UncheckedIOException;

import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.ClassPathResource;
import org.springframework.util.PropertyPlaceholderHelper;

/** The settings of {@code application.yaml}. */
public final class Defaults {

    private static final PropertySource<?> APPLICATION = load();
    private static final PropertyPlaceholderHelper PLACEHOLDERS = new PropertyPlaceholderHelper("${", "}");

    private Defaults() {
    }

    /** The value of a setting. */
    public static String of(String setting) {
        if (!APPLICATION.containsProperty(setting)) {
            throw new IllegalArgumentException("application.yaml does not set " + setting);
        }
        return PLACEHOLDERS.replacePlaceholders(String.valueOf(APPLICATION.getProperty(setting)), Defaults::of);
    }

    private static PropertySource<?> load() {
        try {
            return new YamlPropertySourceLoader().load("defaults", new ClassPathResource("application.yaml")).get(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
