package chaos;

import java.util.List;

/**
 * A moment in the work with the database, named by what the worker asks and told from outside of it: by the text of its SQL
 * on the wire.
 */
enum Point {

    /** The inbox row of a new message is written, and the worker has not heard of it. */
    INBOX_INSERTED(true, Batch::takesMessageIn),
    /** The stock is changed, in a transaction that is open. */
    STOCK_UPDATED(true, batch -> batch.runs("reserve_inventory(") || batch.runs("UPDATE inventory AS i")),
    /** The worker has said COMMIT for a message, and the server has not heard it. */
    BEFORE_COMMIT(false, Batch::commitsMessage),
    /** The server has committed a message, and the worker has not heard of it. */
    COMMITTED(true, Batch::commitsMessage),
    /** Events are claimed, and none of them is sent. */
    OUTBOX_CLAIMED(true, batch -> batch.runs("FOR UPDATE SKIP LOCKED") && batch.runs("AS message_body") && batch.answers()),
    /** Events are sent, and none of them is marked. */
    BEFORE_MARK(false, batch -> batch.runs("SET published_at = now()")),
    /** Orders are marked as expired, and their stock is not released yet. */
    MID_EXPIRY(true, batch -> batch.runs("SET status = 'Expired'") && batch.answers()),
    /** Events are folded into the summary, and the worker has not heard of it. */
    MID_SUMMARY(true, batch -> batch.runs("DELETE FROM outbox_unprojected") && batch.answers());

    private interface Test {
        boolean matches(Batch batch);
    }

    /** Whether the server has answered. */
    private final boolean answered;
    private final Test test;

    Point(boolean answered, Test test) {
        this.answered = answered;
        this.test = test;
    }

    boolean isMetBy(Batch batch) {
        return batch.answered() == answered && test.matches(batch);
    }

    /**
     * What a worker says to the server in one go, up to where it waits for the answer.
     *
     * @param statements  their SQL
     * @param transaction the SQL before, since the transaction began
     * @param answered    whether the server has answered, which the worker has not heard yet
     * @param firstColumn of the first row of the answer; null if there is none
     */
    record Batch(List<String> statements, List<String> transaction, boolean answered, byte[] firstColumn) {

        private static final String INBOX_INSERT = "processed_at IS NOT NULL AS to_handle";

        boolean runs(String text) {
            return statements.stream().anyMatch(sql -> sql.contains(text));
        }

        /** Whether there is a row, and it says more than none, zero or an empty list. */
        boolean answers() {
            if (firstColumn == null || new String(firstColumn).equals("[]")) {
                return false;
            }
            for (byte octet : firstColumn) {
                if (octet != 0 && octet != '0') {
                    return true;
                }
            }
            return false;
        }

        boolean takesMessageIn() {
            return runs(INBOX_INSERT) && answers();
        }

        boolean commitsMessage() {
            return statements.contains("COMMIT") && transaction.stream().anyMatch(sql -> sql.contains(INBOX_INSERT));
        }
    }
}
