package ecommerce.inventory.database;

import java.sql.SQLException;

import com.zaxxer.hikari.SQLExceptionOverride;
import ecommerce.inventory.failure.Failures;

/**
 * Has the pool end a connection whose server takes no changes, as after a failover that leaves connections with the old primary. The
 * next one goes to a server that does, if there is one. For {@code spring.datasource.hikari.exception-override-class-name}.
 */
public class ReadOnlyServer implements SQLExceptionOverride {

    // In full, as HikariCP has an Override of its own.
    @java.lang.Override
    public Override adjudicate(SQLException failure) {
        return Failures.READ_ONLY.equals(failure.getSQLState()) ? Override.MUST_EVICT : Override.CONTINUE_EVICT;
    }
}
