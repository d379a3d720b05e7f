package chaos;

/** The faults of a run. */
enum Fault {

    KILL(Family.KILL, "kill -9 at random"),
    KILL_ALL(Family.KILL, "kill -9 of all workers at once"),
    KILL_AFTER_INBOX_INSERT(Point.INBOX_INSERTED, "kill -9 after the insert into the inbox"),
    KILL_AFTER_STOCK_UPDATE(Point.STOCK_UPDATED, "kill -9 after the update of the stock"),
    KILL_BEFORE_COMMIT(Point.BEFORE_COMMIT, "kill -9 before the commit"),
    KILL_AFTER_COMMIT(Point.COMMITTED, "kill -9 after the commit, before the acknowledgement"),
    KILL_BEFORE_SEND(Point.OUTBOX_CLAIMED, "kill -9 after the claim of events, before the send"),
    KILL_AFTER_SEND(Point.BEFORE_MARK, "kill -9 after the send of events, before they are marked"),
    KILL_MID_EXPIRY(Point.MID_EXPIRY, "kill -9 in the middle of an expiry"),
    KILL_MID_SUMMARY(Point.MID_SUMMARY, "kill -9 in the middle of a fold of the summary"),
    POSTGRES_OUTAGE(Family.OUTAGE, "PostgreSQL stopped (immediate) and started"),
    PRIMARY_LOST(Family.OUTAGE, "loss of the PostgreSQL server (kill -9 of all its processes), its synchronous standby takes over"),
    BUS_OUTAGE(Family.OUTAGE, "Service Bus unavailable: connections dropped and refused"),
    FREEZE(Family.OTHER, "SIGSTOP past lock and lease, then SIGCONT"),
    ROLLING_RESTART(Family.OTHER, "rolling restart by SIGTERM"),
    CUT_DURING_COMMIT(Point.COMMITTED, Family.OTHER, "connection to PostgreSQL cut during COMMIT"),
    SLOW_DATABASE(Family.OTHER, "slow database: each request delayed by 0.2 s"),
    DISK_FULL(Family.OTHER, "disk full (SQLSTATE 53100)"),
    DEMOTION(Family.OTHER, "failover: PostgreSQL read-only with open sessions, another server takes over"),
    LOCKED_ROW(Family.OTHER, "a product's row locked by another session"),
    FORGOTTEN_TRANSACTION(Family.OTHER, "another session's transaction left open"),
    SLOW_MIGRATION(Family.OTHER, "a long migration while the workers run"),
    CLOCK_FORWARD(Family.OTHER, "clock of PostgreSQL 30 s forward, and back"),
    CLOCK_BACK(Family.OTHER, "clock of PostgreSQL 30 s back, and forward"),
    BUS_CONNECTIONS_DROPPED(Family.OTHER, "connections to Service Bus dropped"),
    SENDS_REFUSED(Family.OTHER, "sends of events refused (server-busy)"),
    ANSWERS_LOST(Family.OTHER, "answers to sends of events lost"),
    SETTLEMENTS_LOST(Family.OTHER, "acknowledgements of messages lost"),
    LOCKS_LOST(Family.OTHER, "all locks of messages lost");

    enum Family { KILL, OUTAGE, OTHER }

    final Family family;
    /** The point at which it happens; null for a random time. */
    final Point point;
    final String description;

    Fault(Family family, String description) {
        this(null, family, description);
    }

    Fault(Point point, String description) {
        this(point, Family.KILL, description);
    }

    Fault(Point point, Family family, String description) {
        this.family = family;
        this.point = point;
        this.description = description;
    }
}
