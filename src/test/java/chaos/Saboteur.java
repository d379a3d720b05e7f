package chaos;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

import chaos.Fault.Family;
import chaos.Schedule.Planned;
import ecommerce.inventory.support.BusProcess;
import ecommerce.inventory.support.PostgresPair;
import ecommerce.inventory.support.ShopDriver;

/**
 * Injects the faults of the schedule. A fault of a worker waits for the previous one of the same worker, and likewise for the database
 * and the bus. A killed worker is ready again before the next one is killed.
 */
final class Saboteur {

    /** The duration of message locks. */
    static final Duration LOCK = Duration.ofSeconds(5);
    private static final Duration POINT_LIMIT = Duration.ofSeconds(60);
    private static final Duration SLOWNESS = Duration.ofMillis(200);
    private static final int CLOCK_JUMP = 30;
    private static final int ANSWERS = 3;
    /** SQLSTATEs of connections that fail or that the server ends. */
    private static final String DISCONNECTED = "08...|57P0.";

    private final FaultyDatabase database;
    private final BusProcess bus;
    private final List<Station> stations;
    private final Progress progress;
    private final Object onlyOneDown = new Object();
    private final AtomicInteger migrations = new AtomicInteger();

    /**
     * The outcome of a planned fault.
     *
     * @param missed   why it did not take place, or null
     * @param recovery time from its end until the workers made progress; null if it was missed
     */
    record Outcome(Planned planned, String missed, Duration recovery) {
    }

    private static final class MissedException extends Exception {

        private static final long serialVersionUID = 1;

        MissedException(String why) {
            super(why);
        }
    }

    Saboteur(FaultyDatabase database, BusProcess bus, List<Station> stations, Progress progress) {
        this.database = database;
        this.bus = bus;
        this.stations = stations;
        this.progress = progress;
    }

    /** Returns after all faults have ended and the workers have made progress after each. */
    List<Outcome> run(List<Planned> schedule) throws InterruptedException, ExecutionException {
        long begin = System.nanoTime();
        ExecutorService threads = Executors.newCachedThreadPool();
        try {
            List<Future<Outcome>> running = new ArrayList<>();
            for (Planned planned : schedule) {
                pass(planned.at().minusNanos(System.nanoTime() - begin));
                running.add(threads.submit(() -> strike(planned)));
            }
            List<Outcome> outcomes = new ArrayList<>();
            for (Future<Outcome> fault : running) {
                outcomes.add(fault.get());
            }
            return outcomes;
        } finally {
            threads.shutdownNow();
        }
    }

    /** Lets the time pass between faults and during a fault. */
    private static void pass(Duration time) throws InterruptedException {
        Thread.sleep(Math.max(0, time.toMillis()));
    }

    private Outcome strike(Planned planned) throws Exception {
        try {
            switch (planned.fault()) {
                case ROLLING_RESTART -> {
                    synchronized (onlyOneDown) {
                        restartAll();
                    }
                }
                case POSTGRES_OUTAGE, DISK_FULL, CLOCK_FORWARD, CLOCK_BACK -> {
                    synchronized (database) {
                        strikeDatabase(planned);
                        return new Outcome(planned, null, progress.untilNext());
                    }
                }
                case DEMOTION -> {
                    synchronized (database) {
                        return new Outcome(planned, null, demotePrimary());
                    }
                }
                case PRIMARY_LOST -> {
                    synchronized (database) {
                        return new Outcome(planned, null, losePrimary(planned));
                    }
                }
                case LOCKED_ROW -> holdTransaction(planned, "SELECT FROM inventory WHERE product_id = '" + Scenario.HOT + "' FOR UPDATE");
                case FORGOTTEN_TRANSACTION -> holdTransaction(planned, "SELECT pg_current_xact_id(), count(*) FROM outbox");
                case SLOW_MIGRATION -> holdTransaction(planned, "ALTER TABLE outbox ADD COLUMN slow_migration_" + migrations.incrementAndGet() + " text");
                case BUS_OUTAGE, BUS_CONNECTIONS_DROPPED, SENDS_REFUSED, ANSWERS_LOST, SETTLEMENTS_LOST, LOCKS_LOST -> {
                    synchronized (bus) {
                        strikeBus(planned);
                        return new Outcome(planned, null, progress.untilNext());
                    }
                }
                case FREEZE, SLOW_DATABASE, CUT_DURING_COMMIT -> strikeWorker(planned);
                default -> {
                    synchronized (onlyOneDown) {
                        strikeWorker(planned);
                        Duration recovery = progress.untilNext();
                        for (Station station : stations) {
                            requireReady(station);
                        }
                        return new Outcome(planned, null, recovery);
                    }
                }
            }
            return new Outcome(planned, null, progress.untilNext());
        } catch (MissedException e) {
            return new Outcome(planned, e.getMessage(), null);
        }
    }

    private void strikeWorker(Planned planned) throws Exception {
        Station station = stations.get(planned.worker());
        synchronized (station) {
            requireReady(station);
            strikeWorker(planned, station);
        }
    }

    private void strikeWorker(Planned planned, Station station) throws Exception {
        Fault fault = planned.fault();
        if (fault.point != null) {
            Runnable harm = fault.family == Family.KILL ? station.worker()::kill : () -> { };
            CompletableFuture<Void> met = station.proxy().at(fault.point, harm);
            try {
                met.get(POINT_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                if (met.cancel(false)) {
                    throw new MissedException("the point was not reached in " + POINT_LIMIT.toSeconds() + " s");
                }
            }
        } else if (fault == Fault.KILL) {
            station.worker().kill();
        } else if (fault == Fault.KILL_ALL) {
            stations.forEach(each -> each.worker().kill());
        } else if (fault == Fault.FREEZE) {
            station.worker().signal("STOP");
            pass(LOCK.plus(planned.length()));
            station.worker().signal("CONT");
        } else {
            station.proxy().delay(SLOWNESS);
            pass(planned.length());
            station.proxy().delay(Duration.ZERO);
        }
    }

    private static void requireReady(Station station) throws MissedException {
        if (!station.awaitReady()) {
            throw new MissedException("the worker was not ready");
        }
    }

    private void restartAll() throws MissedException, IOException, InterruptedException {
        for (Station station : stations) {
            synchronized (station) {
                requireReady(station);
                station.worker().terminate();
                requireReady(station);
            }
        }
    }

    /** Keeps a transaction of another session open for a while. */
    private void holdTransaction(Planned planned, String sql) throws InterruptedException, SQLException, MissedException {
        try (Connection somebodyElse = database.connect(); Statement statement = somebodyElse.createStatement()) {
            somebodyElse.setAutoCommit(false);
            statement.execute(sql);
            pass(planned.length());
            somebodyElse.commit();
        } catch (SQLException e) {
            if (e.getSQLState().matches(DISCONNECTED)) {
                throw new MissedException("another fault has ended the session");
            }
            throw e;
        }
    }

    private Duration demotePrimary() throws IOException, SQLException {
        PostgresPair servers = database.servers;
        servers.addStandby();
        servers.demote();
        servers.promote();
        // While the read-only server still runs and has connections.
        Duration recovery = progress.untilNext();
        servers.removeStandby();
        return recovery;
    }

    private Duration losePrimary(Planned planned) throws IOException, InterruptedException, SQLException {
        PostgresPair servers = database.servers;
        servers.addSynchronousStandby();
        progress.untilNext();
        servers.primary().kill();
        // Until somebody notices the loss.
        pass(planned.length());
        servers.promote();
        Duration recovery = progress.untilNext();
        // The lost server comes back, with a copy of the data, and commits wait for it in turn.
        servers.addSynchronousStandby();
        progress.untilNext();
        servers.removeStandby();
        return recovery;
    }

    private void strikeDatabase(Planned planned) throws IOException, InterruptedException {
        switch (planned.fault()) {
            case POSTGRES_OUTAGE -> {
                database.servers.primary().stopImmediately();
                pass(planned.length());
                database.servers.primary().start();
            }
            case DISK_FULL -> {
                database.setDiskFull(true);
                pass(planned.length());
                database.setDiskFull(false);
            }
            default -> {
                database.setClock(planned.fault() == Fault.CLOCK_FORWARD ? CLOCK_JUMP : -CLOCK_JUMP);
                pass(planned.length());
                database.setClock(0);
            }
        }
    }

    private void strikeBus(Planned planned) throws InterruptedException {
        switch (planned.fault()) {
            case BUS_OUTAGE -> {
                bus.ask("stop-listening");
                pass(planned.length());
                bus.ask("start-listening");
            }
            case SENDS_REFUSED -> {
                bus.ask("refuse-sends");
                pass(planned.length());
                bus.ask("accept-sends");
            }
            case BUS_CONNECTIONS_DROPPED -> bus.ask("drop-connections");
            case ANSWERS_LOST -> bus.ask("lose-answers", ANSWERS);
            case SETTLEMENTS_LOST -> List.of(ShopDriver.SUBSCRIPTION, ShopDriver.PAYMENTS, ShopDriver.COMMANDS).forEach(entity -> bus.ask("lose-settlement", entity));
            default -> List.of(ShopDriver.SUBSCRIPTION, ShopDriver.PAYMENTS, ShopDriver.COMMANDS).forEach(entity -> bus.ask("lose-locks", entity));
        }
    }
}
