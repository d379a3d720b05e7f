package ecommerce.inventory.settings;

import java.lang.reflect.RecordComponent;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.apache.camel.component.properties.DefaultPropertiesParser;
import org.apache.camel.component.properties.PropertiesComponent;
import org.apache.camel.component.properties.PropertiesLookup;
import org.apache.camel.component.properties.PropertiesParser;
import org.apache.camel.spi.PropertiesFunction;
import org.apache.camel.util.StringHelper;

/**
 * Gives the routes the settings that Java uses: {@code {{inventory.…}}} is the value in {@link InventoryProperties}, as text. Camel
 * alone would resolve the setting again, with its own precedence of sources, and take it literally, where Java accepts blanks around a
 * number, and {@code yes} for true.
 * <p>
 * {@code {{seconds:<setting>}}} is a duration as a number of seconds, for SQL, which parses durations differently. The setting need not
 * be one of {@link InventoryProperties}; a value that is not a duration ends the start.
 */
public class SettingPlaceholders implements PropertiesFunction {

    private final PropertiesComponent placeholders;
    private final Map<String, String> texts = new HashMap<>();

    /** @param placeholders the placeholders of the routes, which this replaces */
    public SettingPlaceholders(PropertiesComponent placeholders, InventoryProperties settings) {
        this.placeholders = placeholders;
        collect("inventory", settings);
        PropertiesParser others = placeholders.getPropertiesParser();
        placeholders.setPropertiesParser(new DefaultPropertiesParser(placeholders) {
            @Override
            public String parseProperty(String key, String value, PropertiesLookup lookup) {
                return texts.getOrDefault(key, others.parseProperty(key, value, lookup));
            }

            @Override
            public String customLookup(String key) {
                return others.customLookup(key);
            }
        });
        placeholders.addPropertiesFunction(this);
    }

    private void collect(String name, Object value) {
        if (value instanceof Record settings) {
            for (RecordComponent setting : settings.getClass().getRecordComponents()) {
                try {
                    collect(name + "." + StringHelper.camelCaseToDash(setting.getName()), setting.getAccessor().invoke(settings));
                } catch (ReflectiveOperationException e) {
                    throw new IllegalStateException(e);
                }
            }
        } else if (value != null && !(value instanceof List)) {
            texts.put(name, value.toString());
        }
    }

    @Override
    public String getName() {
        return "seconds";
    }

    /** @throws InvalidSettingException that names the setting, if it is not a duration */
    @Override
    public String apply(String setting) {
        String text = placeholders.resolveProperty(setting).orElseThrow(() -> new InvalidSettingException(setting + " is not set"));
        return String.valueOf(InventoryProperties.duration(setting, text).toMillis() / 1e3);
    }
}
