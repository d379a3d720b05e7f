package ecommerce.inventory.ports;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The host names that a request may use. A malicious web page can point its own name to the address of a worker (DNS rebinding), and then
 * a browser inside the network would read the API for it. So names that anybody can register are refused unless they are configured;
 * addresses, and names that only a local network, a cluster or the machine itself assigns, are accepted.
 */
final class Hosts {

    private static final String ADDRESS = "[0-9.]+|\\[[0-9a-f:.%]+]";
    /** RFC 6761, RFC 6762, RFC 8375, ICANN's .internal; Kubernetes' services. */
    private static final String LOCAL = ".*\\.(localhost|local|internal|home\\.arpa|test|svc)";

    private final Set<String> allowed;

    /** @param allowed names without port, or {@code *} for all */
    Hosts(List<String> allowed) {
        this.allowed = allowed.stream().map(name -> name.toLowerCase(Locale.ROOT)).collect(Collectors.toSet());
    }

    /** @param header {@code Host} of a request; null if it has none, which HTTP/1.0 allows and no browser sends */
    boolean isAllowed(String header) {
        if (header == null || allowed.contains("*")) {
            return true;
        }
        String host = header.toLowerCase(Locale.ROOT).replaceFirst(":\\d*$", "").replaceFirst("\\.$", "");
        return allowed.contains(host) || !host.contains(".") && !host.contains(":") || host.matches(ADDRESS) || host.matches(LOCAL);
    }
}
