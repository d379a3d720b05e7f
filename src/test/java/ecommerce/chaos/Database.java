package ecommerce.chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import ecommerce.development.EmbeddedDatabase;
import ecommerce.inventory.MigrateDatabase;
import ecommerce.inventory.support.Defaults;
import ecommerce.inventory.support.Shop;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.util.FileSystemUtils;

/** PostgreSQL with the worker's tables, and what can happen to it. */
final class Database implements AutoCloseable {

    /**
     * Clock: the worker has the times of its work from now() and clock_timestamp(), which are found here before PostgreSQL's.
     * Disk: PostgreSQL answers a write that does not fit as this trigger does, and the transaction is over.
     */
    private static final String WEAK_POINTS = """
        CREATE SCHEMA chaos;
        CREATE TABLE chaos.state (clock_jump interval NOT NULL, disk_full boolean NOT NULL);
        INSERT INTO chaos.state VALUES ('0', false);
        CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql STABLE
            AS 'SELECT pg_catalog.now() + (SELECT clock_jump FROM chaos.state)';
        CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
            AS 'SELECT pg_catalog.clock_timestamp() + (SELECT clock_jump FROM chaos.state)';
        ALTER DATABASE postgres SET search_path = public, pg_catalog;
        CREATE FUNCTION chaos.fill_disk() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (SELECT disk_full FROM chaos.state) THEN
                RAISE disk_full USING MESSAGE = 'could not extend file "base/5/16427": No space left on device';
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER fill_disk BEFORE INSERT OR UPDATE ON inbox FOR EACH STATEMENT EXECUTE FUNCTION chaos.fill_disk();
        CREATE TRIGGER fill_disk BEFORE INSERT OR UPDATE ON outbox FOR EACH STATEMENT EXECUTE FUNCTION chaos.fill_disk();
        CREATE TRIGGER fill_disk BEFORE INSERT OR UPDATE ON inventory_reservations
            FOR EACH STATEMENT EXECUTE FUNCTION chaos.fill_disk();
        """;

    private final Path data;
    private final int port;
    private EmbeddedPostgres postgres;

    Database() throws IOException {
        this.data = Files.createTempDirectory("chaos");
        this.postgres = start(0);
        this.port = postgres.getPort();
        MigrateDatabase.main(new String[] {"--spring.datasource.url=" + url(port), "--spring.datasource.username=postgres"});
        jdbc().execute(WEAK_POINTS);
    }

    private EmbeddedPostgres start(int onPort) throws IOException {
        return EmbeddedDatabase.at(onPort).setDataDirectory(data).setCleanDataDirectory(false).start();
    }

    /** @param viaPort where it is reached: its own or that of a proxy */
    static String url(int viaPort) {
        return "jdbc:postgresql://localhost:" + viaPort + "/postgres?sslmode=disable&gssEncMode=disable";
    }

    /** As it is shipped, but that the functions of the clock are found before PostgreSQL's. */
    static String initSql() {
        return Defaults.of("spring.datasource.hikari.connection-init-sql").replace("\"${inventory.database.schema}\"", "public, pg_catalog");
    }

    int port() {
        return port;
    }

    /** Straight to the server, with a connection for each question. */
    JdbcTemplate jdbc() {
        return new JdbcTemplate(new DriverManagerDataSource(url(port), "postgres", ""));
    }

    /** As {@code pg_ctl stop -m immediate}: no checkpoint, no word to clients; the next start is a recovery from a crash. */
    void stop() throws IOException, InterruptedException {
        Path lock = data.resolve("postmaster.pid");
        new ProcessBuilder("kill", "-QUIT", Files.readAllLines(lock).get(0)).start().waitFor();
        Shop.await().until(() -> Files.notExists(lock));
        // It has stopped: what this still does is to forget it, and to complain that it could not be stopped.
        LoggingSystem logging = LoggingSystem.get(getClass().getClassLoader());
        logging.setLogLevel(EmbeddedPostgres.class.getName(), LogLevel.OFF);
        postgres.close();
        logging.setLogLevel(EmbeddedPostgres.class.getName(), null);
    }

    void startAgain() throws IOException {
        postgres = start(port);
    }

    /** @param seconds from the real time, for all that ask from now on */
    void setClock(int seconds) {
        jdbc().update("UPDATE chaos.state SET clock_jump = make_interval(secs => ?)", seconds);
    }

    void setDiskFull(boolean full) {
        jdbc().update("UPDATE chaos.state SET disk_full = ?", full);
    }

    @Override
    public void close() throws IOException {
        postgres.close();
        FileSystemUtils.deleteRecursively(data);
    }
}
