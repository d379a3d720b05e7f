package ecommerce.inventory;

import static ecommerce.inventory.settings.InvalidSettingException.require;
import static ecommerce.inventory.settings.InvalidSettingException.requireValue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Properties;

import javax.sql.DataSource;

import ecommerce.inventory.settings.InvalidSettingException;
import ecommerce.inventory.settings.InventoryProperties;
import io.opentelemetry.api.OpenTelemetry;
import org.apache.camel.CamelConfiguration;
import org.apache.camel.CamelContext;
import org.apache.camel.Ordered;
import org.apache.camel.spi.PropertiesSource;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.util.StringHelper;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * The worker on Camel's own runtime, without Spring Boot: the beans of the routes, and what Spring Boot makes otherwise (defaults,
 * settings, transactions; traces are propagated but not exported). To be named in {@code camel.main.configuration-classes}. The
 * registry must hold a {@link DataSource} and a {@link io.micrometer.core.instrument.MeterRegistry}.
 */
public class PlainCamelBeans implements CamelConfiguration {

    /** @throws InvalidSettingException that names the setting */
    @Override
    public void configure(CamelContext camel) throws Exception {
        InventoryWorker.allowManyHandlers();
        camel.getPropertiesComponent().addPropertiesSource(new ApplicationYaml(defaults()));
        camel.getRegistry().bind("settings", setting(camel, "inventory", InventoryProperties.class));
        camel.getRegistry().bind("transactionManager",
            new JdbcTransactionManager(camel.getRegistry().mandatoryFindSingleByType(DataSource.class)));
        camel.getRegistry().bind("openTelemetry", OpenTelemetry.noop());
        PluginHelper.getBeanPostProcessor(camel).postProcessBeforeInitialization(new RouteBeans(), "routeBeans");
    }

    /** The properties of {@code application.yaml}, which Camel does not read. */
    public static Properties defaults() {
        Properties defaults = new Properties();
        try (InputStream file = PlainCamelBeans.class.getResourceAsStream("/application.yaml")) {
            flatten("", new Yaml(new SafeConstructor(new LoaderOptions())).load(file), defaults);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return defaults;
    }

    private static void flatten(String name, Object value, Properties properties) {
        if (value instanceof Map<?, ?> nested) {
            nested.forEach((key, inner) -> flatten(name.isEmpty() ? key.toString() : name + "." + key, inner, properties));
        } else if (value != null) {
            properties.setProperty(name, value.toString());
        }
    }

    /** Of lowest precedence: anything set elsewhere overrides it. */
    private record ApplicationYaml(Properties properties) implements PropertiesSource, Ordered {

        @Override
        public String getName() {
            return "application.yaml";
        }

        @Override
        public String getProperty(String name) {
            return properties.getProperty(name);
        }

        @Override
        public int getOrder() {
            return Ordered.LOWEST;
        }
    }

    /**
     * Reads a setting, or a record with a setting per component: {@code batch-size} for batchSize. A text that is not set is null.
     */
    private static Object setting(CamelContext camel, String name, Class<?> type) throws ReflectiveOperationException {
        if (!type.isRecord()) {
            String text = camel.getPropertiesComponent().resolveProperty(name).orElse(null);
            requireValue(name, type, text);
            if (type == Duration.class) {
                return InventoryProperties.duration(name, text);
            }
            Object value = camel.getTypeConverter().tryConvertTo(type, text);
            require(text == null || value != null, name, text, InvalidSettingException.expected(type));
            return value;
        }
        RecordComponent[] components = type.getRecordComponents();
        Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            values[i] = setting(camel, name + "." + StringHelper.camelCaseToDash(components[i].getName()), components[i].getType());
        }
        try {
            return type.getConstructor(Arrays.stream(components).map(RecordComponent::getType).toArray(Class[]::new)).newInstance(values);
        } catch (InvocationTargetException e) {
            throw (RuntimeException) e.getCause();
        }
    }
}
