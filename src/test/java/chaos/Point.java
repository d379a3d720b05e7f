package chaos;

import java.util.List;

/**
 * A point in the worker's database traffic, which the proxy recognises by the SQL text.
 */
enum Point {

    /** The inbox row of a new message is written; the worker has not received the answer. */
    INBOX_INSERTED(true, Batch::takesMessageIn),
    /** The stock is changed in an open transaction. */
    STOCK_UPDATED(true, batch -> batch.runs("reserve_inventory(") || batch.runs("UPDATE inventory AS i")),
    /** The worker has sent the COMMIT of a message; the server has not received it. */
    BEFORE_COMMIT(false, Batch::commitsMessage),
    /** The server has committed a message; the worker has not received the answer. */
    COMMITTED(true, Batch::commitsMessage),
    /** Events are claimed and not sent yet. */
    OUTBOX_CLAIMED(true, batch -> batch.runs("FOR UPDATE SKIP LOCKED") && batch.runs("AS message_body") && batch.answers()),
    /** Events are sent and not marked yet. */
    BEFORE_MARK(false, batch -> batch.runs("SET published_at = now()")),
    /** Orders are marked as expired; their stock is not released yet. */
    MID_EXPIRY(true, batch -> batch.runs("next_status(status, 'Expired')") && batch.answers()),
    /** Events are folded into the summary; the worker has not received the answer. */
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
     * The statements that a worker sends together before it waits for the answer.
     *
     * @param statements  SQL
     * @param transaction earlier SQL of the transaction
     * @param answered    whether the server has answered; the worker has not received the answer yet
     * @param firstColumn of the first row of the answer; null if there is none
     */
    record Batch(List<String> statements, List<String> transaction, boolean answered, byte[] firstColumn) {

        private static final String INBOX_INSERT = "processed_at IS NOT NULL AS to_handle";

        boolean runs(String text) {
            return statements.stream().anyMatch(sql -> sql.contains(text));
        }

        /** Whether the first row contains more than null, zero or an empty list. */
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
