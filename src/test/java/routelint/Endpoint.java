package routelint;

import java.util.Map;

/**
 * An endpoint that a route or Java code receives from or sends to.
 *
 * @param line       of the URI
 * @param uri        without parameters, with placeholders replaced; it may contain {@code ${…}}
 * @param parameters by name, including those in the URI
 * @param lines      of the parameters that are not in the URI
 * @param consumer   whether messages are received from it
 * @param node       the node of the route; null in Java
 */
record Endpoint(String file, int line, String uri, Map<String, String> parameters, Map<String, Integer> lines, boolean consumer,
        RouteNode node) {

    /** The name of the component. */
    String scheme() {
        return uri.contains(":") ? uri.substring(0, uri.indexOf(':')) : uri;
    }

    /** The part after the component. */
    String path() {
        return uri.substring(Math.min(uri.length(), scheme().length() + 1)).replaceFirst("^//", "");
    }

    /** The same name with and without two slashes after the colon. */
    String name() {
        return scheme() + ":" + path();
    }

    boolean isDynamic() {
        return uri.contains("${");
    }

    /** A finding about one parameter, at its line. */
    Finding finding(String parameter, String text) {
        return new Finding(file, lines.getOrDefault(parameter, line), text);
    }

    Finding finding(String text) {
        return finding("", text);
    }
}
