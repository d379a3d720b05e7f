package ecommerce.inventory;

import java.util.Set;
import java.util.regex.Pattern;

import com.azure.core.exception.ClientAuthenticationException;
import ecommerce.inventory.failure.Failures;
import org.flywaydb.core.api.FlywayException;
import org.postgresql.PGProperty;
import org.postgresql.util.PSQLException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;

/** Reports an unusable database, or a failed migration, at startup in one actionable sentence instead of a stack trace. */
@Order(Ordered.HIGHEST_PRECEDENCE)
class DatabaseFailureAnalyzer extends AbstractFailureAnalyzer<PSQLException> {

    /** Words that the driver's TLS errors contain in every locale. */
    private static final Pattern TLS = Pattern.compile("SSL|PKIX|hostnameverifier", Pattern.CASE_INSENSITIVE);
    /** The SQLSTATEs of a failed connection attempt; a lost connection has another one. */
    private static final Set<String> NOT_CONNECTED = Set.of("08001", "08004");

    private final Environment environment;

    DatabaseFailureAnalyzer(Environment environment) {
        this.environment = environment;
    }

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, PSQLException cause) {
        String state = cause.getSQLState() == null ? "" : cause.getSQLState();
        String urlAndParameters = environment.getProperty("spring.datasource.url", "");
        // Without its parameters, as one may be a password.
        String url = urlAndParameters.replaceFirst("\\?.*", "");
        FlywayException migration = findCause(rootFailure, FlywayException.class);
        ClientAuthenticationException noToken = findCause(cause, ClientAuthenticationException.class);
        String reason = cause.getMessage();
        String check;
        if (noToken != null) {
            // Followed by lines about other kinds of credentials.
            reason = noToken.getMessage().lines().findFirst().orElse("");
            check = "Entra ID issues no token for the database: check the client id and the tenant of the identity, whether it trusts the "
                + "service account of this pod, and whether Entra ID can be reached";
        } else if (state.startsWith("08") && TLS.matcher(String.valueOf(cause.getMessage())).find()) {
            check = "PostgreSQL has to speak TLS, with a certificate that Java trusts and that names the host of spring.datasource.url; "
                + "for another authority put ?sslfactory=org.postgresql.ssl.LibPQFactory&sslrootcert=<file> there, and ?sslmode=disable "
                + "only if nobody else can read the traffic";
        } else if (state.equals("08P01")) {
            check = "a pooler such as PgBouncer has to ignore the parameter that is named (ignore_startup_parameters = extra_float_digits), "
                + "and with a pooler spring.datasource.url must have neither options nor currentSchema: docs/database.md";
        } else if (Failures.readOnly(cause)) {
            check = "none of the hosts in spring.datasource.url accepts changes: name all of them, "
                + "jdbc:postgresql://<host>:<port>,<host>:<port>/<database>, or wait until one is promoted";
        } else if (state.equals("42501")) {
            check = "spring.datasource.username has no right to do that: k8s/database/roles.sql";
        } else if (state.startsWith("28")) {
            check = urlAndParameters.contains(PGProperty.AUTHENTICATION_PLUGIN_CLASS_NAME.getName() + "=")
                ? "spring.datasource.username has to be the role of the identity (pgaadauth_create_principal: docs/deploy.md)"
                : "check spring.datasource.username and spring.datasource.password";
        } else if (state.startsWith("3D")) {
            check = "check the name of the database in spring.datasource.url";
        } else if (state.equals("22023") && String.valueOf(cause.getMessage()).contains("\"TimeZone\"")) {
            // The driver sends Java's time zone, and has no setting for another.
            check = "start Java with a time zone that PostgreSQL knows, such as -Duser.timezone=UTC";
        } else if (migration != null && !NOT_CONNECTED.contains(state)) {
            return new FailureAnalysis("The database " + url + " could not be migrated: " + migration.getMessage().strip().lines().findFirst().orElse("")
                + " (" + cause.getMessage() + "). This script was rolled back; those before it stay applied. " + (state.equals("55P03")
                    ? "Another session has locked a table: start again when it releases the lock"
                    : "Start again when the cause is removed"), null, cause);
        } else if (state.startsWith("08")) {
            check = "check spring.datasource.url, and whether PostgreSQL runs there";
        } else {
            return null;
        }
        return new FailureAnalysis("The database " + url + " cannot be used (" + reason + "): " + check, null, cause);
    }
}
