package ecommerce.inventory.health;

import java.util.Map;

import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckResultBuilder;

/**
 * A health check of Camel for the readiness of this worker, on every runtime; Spring Boot shows it as a health indicator too. It is not
 * for liveness: a restart would not help.
 */
public abstract class ReadinessCheck implements HealthCheck {

    private final String id;
    private volatile boolean enabled = true;

    /** @param id unique among the checks of a Camel context */
    protected ReadinessCheck(String id) {
        this.id = id;
    }

    /** @param result up at first; the check adds details, and sets it down if need be */
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
