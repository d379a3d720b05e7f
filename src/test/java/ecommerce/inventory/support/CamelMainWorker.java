package ecommerce.inventory.support;

import java.util.Arrays;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import ecommerce.inventory.PlainCamelBeans;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.apache.camel.CamelContext;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServer;
import org.apache.camel.main.Main;
import org.apache.camel.util.StringHelper;
import org.flywaydb.core.Flyway;
import org.springframework.util.PropertyPlaceholderHelper;

/**
 * The worker on camel-main: the shipped routes, statements and beans, without Spring Boot and without a Spring context.
 * Reads {@code application.yaml} as Spring Boot does, as far as routes and database need it.
 */
public final class CamelMainWorker implements AutoCloseable {

    /** The text that the process prints when it is ready, followed by the port of the API. */
    public static final String STARTED = "Started, port ";
    private static final String POOL = "spring.datasource.hikari.";
    private static final String CONNECTION = "data-source-properties.";

    /** Replaces placeholders as Spring Boot does; unknown ones stay. */
    private static final PropertyPlaceholderHelper PLACEHOLDERS = new PropertyPlaceholderHelper("${", "}", ":", null, true);

    private final Main main = new Main();
    private final HikariDataSource database;

    /** @param settings that differ from {@code application.yaml}, with the same names */
    public CamelMainWorker(Map<String, String> settings) throws Exception {
        Properties properties = PlainCamelBeans.defaults();
        properties.putAll(settings);
        properties.replaceAll((name, value) -> PLACEHOLDERS.replacePlaceholders(value.toString(), properties));
        database = new HikariDataSource(pool(properties));
        Flyway.configure().dataSource(database).defaultSchema(properties.getProperty("spring.flyway.default-schema")).load().migrate();
        main.bind("database", database);
        main.bind("meters", new SimpleMeterRegistry());
        settings.forEach(main::addOverrideProperty);
        main.setPropertyPlaceholderLocations("false");
        main.configure()
            .withName(properties.getProperty("camel.main.name"))
            .withShutdownTimeout(Integer.parseInt(properties.getProperty("camel.main.shutdown-timeout")))
            .withRoutesIncludePattern(properties.getProperty("camel.main.routes-include-pattern"))
            // It needs a servlet container.
            .withRoutesExcludePattern("**/stock-stream.camel.yaml");
        main.configure().addConfiguration(PlainCamelBeans.class);
        main.configure().httpServer().withEnabled(true).withPort(Integer.parseInt(properties.getProperty("server.port", "8080")));
        main.start();
    }

    /**
     * Runs until a signal ends it.
     *
     * @param settings each {@code name=value}
     */
    public static void main(String[] settings) throws Exception {
        CamelMainWorker worker = new CamelMainWorker(Arrays.stream(settings).map(setting -> setting.split("=", 2))
            .collect(Collectors.toMap(setting -> setting[0], setting -> setting[1])));
        Runtime.getRuntime().addShutdownHook(new Thread(worker::close));
        System.out.println(STARTED + worker.port());
    }

    /** The connection pool with the same settings as in Spring Boot. */
    private static HikariConfig pool(Properties properties) {
        Properties pool = new Properties();
        properties.stringPropertyNames().stream().filter(name -> name.startsWith(POOL)).forEach(name -> {
            String setting = name.substring(POOL.length());
            pool.setProperty(setting.startsWith(CONNECTION) ? "dataSource." + setting.substring(CONNECTION.length())
                : StringHelper.dashToCamelCase(setting), properties.getProperty(name));
        });
        pool.setProperty("jdbcUrl", properties.getProperty("spring.datasource.url"));
        pool.setProperty("username", properties.getProperty("spring.datasource.username"));
        return new HikariConfig(pool);
    }

    public CamelContext camel() {
        return main.getCamelContext();
    }

    public HikariDataSource database() {
        return database;
    }

    /** The port of the API. */
    public int port() {
        return camel().hasService(VertxPlatformHttpServer.class).getPort();
    }

    /** Stops after the messages in flight are finished. */
    @Override
    public void close() {
        main.stop();
        database.close();
    }
}
