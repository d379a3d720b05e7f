package ecommerce.inventory.health;

import java.util.Map;

import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckResultBuilder;

/**
 * A health check of Camel's that says whether this worker is ready, on every runtime; Spring Boot shows it as a health indicator as well.
 * Never whether it is alive: a restart would mend nothing.
 */
public abstract class ReadinessCheck implements HealthCheck {

    private final String id;
    private volatile boolean enabled = true;

    /** @param id unique among the checks of a Camel context */
    protected ReadinessCheck(String id) {
        this.id = id;
    }

    /** @param result that is up, for the check to add details, and to say that it is down */
    protected abstract void check(HealthCheckResultBuilder result);

    @Override
    public Result call(Map<String, Object> options) {
        HealthCheckResultBuilder result = HealthCheckResultBuilder.on(this).up();
        check(result);
        return result.build();
    }

    @Override
    public String getId() {
        return id;
    }

    @Override
    public String getGroup() {
        return "inventory";
    }

    @Override
    public boolean isEnabled() {
        return enabled;
    }

    @Override
    public void setEnabled(boolean enabled) {
        this.enabled = enabled;
    }
}
