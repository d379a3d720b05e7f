package chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;

import ecommerce.inventory.support.Defaults;
import ecommerce.inventory.support.PostgresPair;
import ecommerce.inventory.support.TestDatabase;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.util.FileSystemUtils;

/** PostgreSQL with the worker's tables, and its faults. For a failover there are two servers. */
final class FaultyDatabase implements AutoCloseable {

    /**
     * Clock: the worker's statements take the time from now() and clock_timestamp(); these functions replace PostgreSQL's.
     * Disk: the trigger raises the error that PostgreSQL raises when the disk is full, which fails the transaction.
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

    private final Path directory = Files.createTempDirectory("chaos");
    final PostgresPair servers = new PostgresPair(directory);

    FaultyDatabase() throws IOException {
        TestDatabase.migrate(servers.url());
        jdbc().execute(WEAK_POINTS);
    }

    /** @param viaPorts ports of the servers, or those of a proxy */
    static String url(List<Integer> viaPorts) {
        return PostgresPair.url(viaPorts) + "&targetServerType=primary";
    }

    /** The shipped SQL for new connections, with a search path in which the clock's functions come before PostgreSQL's. */
    static String initSql() {
        return Defaults.of("spring.datasource.hikari.connection-init-sql").replace("\"public\"", "public, pg_catalog");
    }

    /** Direct access to the primary, with a new connection for each query. */
    JdbcTemplate jdbc() {
        return new JdbcTemplate(new DriverManagerDataSource(url(servers.ports()), "postgres", ""));
    }

    /** A direct connection to the primary. */
    Connection connect() throws SQLException {
        return DriverManager.getConnection(url(servers.ports()), "postgres", "");
    }

    /** @param seconds offset from the real time, for all later queries */
    void setClock(int seconds) {
        jdbc().update("UPDATE chaos.state SET clock_jump = make_interval(secs => ?)", seconds);
    }

    void setDiskFull(boolean full) {
        jdbc().update("UPDATE chaos.state SET disk_full = ?", full);
    }

    @Override
    public void close() throws IOException {
        servers.close();
        FileSystemUtils.deleteRecursively(directory);
    }
}
