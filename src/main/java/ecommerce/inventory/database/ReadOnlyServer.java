package ecommerce.inventory.database;

import java.sql.SQLException;

import com.zaxxer.hikari.SQLExceptionOverride;
import ecommerce.inventory.failure.Failures;

/**
 * Makes the pool close a connection whose server accepts no changes, for example after a failover that leaves connections to the old
 * primary. The next connection goes to a server that accepts them, if there is one. For {@code
 * spring.datasource.hikari.exception-override-class-name}.
 */
public class ReadOnlyServer implements SQLExceptionOverride {

    // Qualified, as HikariCP has its own Override.
    @java.lang.Override
    public Override adjudicate(SQLException failure) {
        return Failures.READ_ONLY.equals(failure.getSQLState()) ? Override.MUST_EVICT : Override.CONTINUE_EVICT;
    }
}
