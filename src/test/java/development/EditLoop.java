package development;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import javax.sql.DataSource;

import ecommerce.inventory.inbox.NormalizeMessage;
import ecommerce.inventory.outbox.OutboxComponent;
import org.apache.camel.CamelContext;
import org.apache.camel.component.jsonvalidator.JsonValidatorEndpoint;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.util.ObjectHelper;
import org.apache.camel.util.StringHelper;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.internal.sqlscript.FlywaySqlScriptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.context.event.EventListener;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Loads files that are saved in the folders of {@code routes/}, in {@code contracts/} and in {@code db/migration/} into the running
 * worker, and reports each in one line. A broken file is reported as {@code file:line: cause} and changes nothing; it is loaded again
 * when the next file is saved.
 * <p>
 * If a route or its SQL changes, the route finishes its messages in flight before it is replaced. (Camel's own reload removes a running
 * route before it knows that the new one is valid, and ignores SQL.)
 */
class EditLoop {

    private static final Logger LOG = LoggerFactory.getLogger(EditLoop.class);
    /** Milliseconds between two checks. Notifications of the file system are not used: on macOS they are seconds late. */
    private static final long PAUSE = 100;
    private static final PathMatcher WATCHED = FileSystems.getDefault().getPathMatcher(
        "glob:{routes/*/*.camel.yaml,routes/*/*.sql,contracts/in/*.schema.json,contracts/out/*.schema.json,db/migration/*.sql}");
    private static final List<String> DIRECTORIES = List.of("routes", "contracts/in", "contracts/out", "db/migration");
    private static final String ROUTES_ENDING = ".camel.yaml";
    /** Read at the start; below the resources, or absolute. */
    private static final List<String> SETTINGS = Stream.concat(Stream.of("application.yaml"), Stream.of(
        Path.of("src", "test", "resources", "application-development.yaml"), Path.of("servicebus", "Config.json")).map(Path::toAbsolutePath)
        .map(Path::toString)).toList();

    private final CamelContext camel;
    private final DataSource database;
    private final Flyway flyway;
    private final Path resources = resources();
    /** The content of each file that is live. */
    private final Map<String, String> running = new HashMap<>();
    /** Files that were saved and are not live yet. */
    private final Set<String> waiting = new TreeSet<>();
    private RunningRoutes routes;
    private Map<String, FileTime> seen;
    private boolean saved;

    EditLoop(CamelContext camel, DataSource database, Flyway flyway) {
        this.camel = camel;
        this.database = database;
        this.flyway = flyway;
    }

    /** The directory on the class path that contains routes, SQL, contracts and migrations. */
    static Path resources() {
        try {
            return Path.of(EditLoop.class.getResource("/routes/").toURI()).getParent();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    @EventListener(ApplicationReadyEvent.class)
    void start() throws BrokenFileException {
        seen = timesOfFiles();
        for (String file : seen.keySet()) {
            running.put(file, read(file));
        }
        Map<String, String> files = new TreeMap<>(running);
        files.keySet().removeIf(file -> !file.endsWith(ROUTES_ENDING));
        routes = new RunningRoutes(camel, files);
        // The edit loop reports the same in one line.
        LoggingSystem logging = LoggingSystem.get(getClass().getClassLoader());
        logging.setLogLevel("org.apache.camel", LogLevel.WARN);
        logging.setLogLevel("org.flywaydb", LogLevel.OFF);
        camel.getExecutorServiceManager().newSingleThreadScheduledExecutor(this, "edit-loop")
            .scheduleWithFixedDelay(this::round, PAUSE, PAUSE, TimeUnit.MILLISECONDS);
    }

    private void round() {
        try {
            Map<String, FileTime> now = timesOfFiles();
            if (!now.equals(seen)) {
                Stream.concat(now.keySet().stream(), seen.keySet().stream())
                    .filter(file -> !Objects.equals(now.get(file), seen.get(file))).forEach(waiting::add);
                seen = now;
                saved = true;
            } else if (saved) {
                // No file has changed since the last check: all are written completely.
                saved = false;
                loadAll();
            }
        } catch (RuntimeException e) {
            LOG.error("The edit loop failed", e);
        }
    }

    private Map<String, FileTime> timesOfFiles() {
        Map<String, FileTime> files = new TreeMap<>();
        for (String settings : SETTINGS) {
            files.put(settings, FileTime.fromMillis(resources.resolve(settings).toFile().lastModified()));
        }
        for (String directory : DIRECTORIES) {
            try {
                Files.walkFileTree(resources.resolve(directory), new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                        Path name = resources.relativize(file);
                        if (WATCHED.matches(name)) {
                            files.put(name.toString().replace('\\', '/'), attributes.lastModifiedTime());
                        }
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFileFailed(Path file, IOException e) {
                        LOG.debug("Deleted during the check: {}", e.getMessage());
                        return FileVisitResult.CONTINUE;
                    }
                });
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return files;
    }

    /** A saved file may need another one: a file that fails is loaded again as long as others succeed. */
    private void loadAll() {
        Set<String> causes = new LinkedHashSet<>();
        int before;
        do {
            before = waiting.size();
            causes.clear();
            for (String file : List.copyOf(waiting)) {
                try {
                    load(file, read(file));
                    waiting.remove(file);
                } catch (BrokenFileException e) {
                    causes.add(e.getMessage());
                }
            }
        } while (waiting.size() < before && !waiting.isEmpty());
        causes.forEach(LOG::error);
    }

    /** @param content null for a file that was deleted */
    private void load(String file, String content) throws BrokenFileException {
        if (Objects.equals(content, running.get(file))) {
            LOG.info("{} is already live", file);
        } else if (SETTINGS.contains(file)) {
            LOG.warn("{} is read at the start: restart the launcher for the change to take effect", file);
            return;
        } else if (file.endsWith(ROUTES_ENDING)) {
            loadRoutes(file, content);
        } else if (file.startsWith("routes/")) {
            loadStatement(file, content);
        } else if (file.startsWith("contracts/")) {
            loadContract(file, content);
        } else {
            loadMigration(file, running.get(file) != null);
        }
        running.put(file, content);
    }

    private void loadRoutes(String file, String content) throws BrokenFileException {
        RouteFile before = routes.file(file);
        Set<String> gone = before == null ? new TreeSet<>() : before.ids();
        List<RouteDefinition> others = routes.others(file);
        List<RouteFile> wanted = new ArrayList<>();
        if (content == null) {
            List<RouteFile> needing = before == null ? List.of() : routes.needing(before);
            if (!needing.isEmpty()) {
                throw new BrokenFileException(file, 0, "was deleted, but is needed by " + needing.get(0).name());
            }
            RouteFile.checkDirects(others);
            replace(Set.of(file), wanted, cause -> new BrokenFileException(file, 0, cause));
        } else {
            RouteFile saved = new RouteFile(camel, file, content);
            saved.check(others, resources, database);
            if (saved.hasRest()) {
                LOG.warn("{} takes effect at the next start", file);
                return;
            }
            wanted.add(saved);
            wanted.addAll(routes.needing(saved));
            replace(names(wanted), wanted, cause -> saved.broken(1, cause));
        }
        Set<String> reported = ids(wanted);
        gone.removeAll(reported);
        gone.forEach(removed -> reported.add(removed + " (removed)"));
        LOG.info("Reloaded {}: {}", file, String.join(", ", reported));
    }

    private void loadStatement(String file, String content) throws BrokenFileException {
        Set<String> ids = routes.running(file);
        if (content == null) {
            if (!ids.isEmpty()) {
                throw new BrokenFileException(file, 0, "was deleted, but is needed by " + String.join(", ", ids));
            }
            return;
        }
        SqlFile.prepare(database, file, content);
        List<RouteFile> users = routes.filesOf(ids);
        for (RouteFile user : users) {
            user.copy().check(routes.others(user.name()), resources, database);
        }
        replace(names(users), users, cause -> new BrokenFileException(file, 0, cause));
        LOG.info("Reloaded {}: {}", file, ids.isEmpty() ? "no route runs it" : String.join(", ", ids));
    }

    private void replace(Set<String> names, List<RouteFile> wanted, Function<String, BrokenFileException> broken) throws BrokenFileException {
        try {
            // An endpoint counts the parameters of its statement when it is created.
            camel.removeEndpoints("sql:*");
            routes.replace(names, wanted);
        } catch (Exception e) {
            throw broken.apply(e.getMessage());
        }
    }

    private static Set<String> names(List<RouteFile> files) {
        return files.stream().map(RouteFile::name).collect(Collectors.toSet());
    }

    private static Set<String> ids(List<RouteFile> files) {
        return files.stream().flatMap(file -> file.ids().stream()).collect(Collectors.toCollection(TreeSet::new));
    }

    private void loadContract(String file, String content) throws BrokenFileException {
        if (content != null) {
            ContractFile.check(file, content);
        }
        camel.getEndpoints().stream()
            .filter(endpoint -> endpoint instanceof JsonValidatorEndpoint validator && validator.getResourceUri().equals(file))
            .forEach(validator -> ((JsonValidatorEndpoint) validator).clearContentCache());
        camel.getRegistry().findSingleByType(NormalizeMessage.class).forgetSchemas();
        camel.getRegistry().findSingleByType(OutboxComponent.class).forgetSchemas();
        LOG.info("Reloaded {}", file);
    }

    /** @param ran whether an earlier version of the file has run; it runs again, so it has to replace what it creates */
    private void loadMigration(String file, boolean ran) throws BrokenFileException {
        JdbcTemplate history = new JdbcTemplate(database);
        String before = ran ? history.queryForObject("DELETE FROM flyway_schema_history AS h WHERE script = ? RETURNING CAST(to_jsonb(h) AS text)",
            String.class, StringHelper.after(file, "db/migration/")) : null;
        try {
            int migrations = flyway.migrate().migrationsExecuted;
            LOG.info("Migrated {}: {} migrations ran", file, migrations);
        } catch (FlywayException e) {
            if (ran) {
                history.update("INSERT INTO flyway_schema_history "
                    + "SELECT * FROM jsonb_populate_record(CAST(NULL AS flyway_schema_history), CAST(? AS jsonb))", before);
            }
            FlywaySqlScriptException failed = ObjectHelper.getException(FlywaySqlScriptException.class, e);
            if (failed == null) {
                throw new BrokenFileException(file, 0, e.getMessage().strip().replace('\n', ' '));
            }
            String script = "db/migration/" + failed.getResource().getFilename();
            String preceding = StringHelper.before(read(script), failed.getStatement(), "");
            throw SqlFile.broken(script, preceding + failed.getStatement(), preceding.length(), (SQLException) failed.getCause());
        }
    }

    private String read(String file) {
        try {
            return Files.readString(resources.resolve(file));
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
