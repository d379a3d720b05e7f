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
 * What routes see of the settings: {@code {{inventory.…}}} is the value that {@link InventoryProperties} has read, in one form. By
 * itself Camel would read the text again: from another place, as it has an order of its own for where a setting comes from, and with
 * what Java has read over, such as blanks around a number, {@code yes} for true, and nothing at all for the default.
 * <p>
 * {@code {{seconds:<setting>}}} is a duration as a number of seconds, for SQL, which reads durations in another way than Java. The setting
 * may be one that {@link InventoryProperties} does not have; one that is no duration ends the start.
 */
public class SettingPlaceholders implements PropertiesFunction {

    private final PropertiesComponent placeholders;
    private final Map<String, String> texts = new HashMap<>();

    /** @param placeholders those of the routes, for which this takes effect */
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

    /** @throws InvalidSettingException that names the setting, if it is no duration */
    @Override
    public String apply(String setting) {
        String text = placeholders.resolveProperty(setting).orElseThrow(() -> new InvalidSettingException(setting + " is not set"));
        return String.valueOf(InventoryProperties.duration(setting, text).toMillis() / 1e3);
    }
}
