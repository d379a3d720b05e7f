package routelint;

import java.util.Map;

/**
 * An endpoint that a route, or Java, receives from or sends to.
 *
 * @param line       of the URI
 * @param uri        without its parameters, placeholders replaced; {@code ${…}} may be in it
 * @param parameters by name, those in the URI too
 * @param lines      of the parameters that have one of their own
 * @param consumer   whether messages come from there
 * @param node       of the route; null in Java
 */
record Endpoint(String file, int line, String uri, Map<String, String> parameters, Map<String, Integer> lines, boolean consumer,
        RouteNode node) {

    /** The component. */
    String scheme() {
        return uri.contains(":") ? uri.substring(0, uri.indexOf(':')) : uri;
    }

    /** What comes after the component. */
    String path() {
        return uri.substring(Math.min(uri.length(), scheme().length() + 1)).replaceFirst("^//", "");
    }

    /** One name for it, whether it was written with two slashes or without. */
    String name() {
        return scheme() + ":" + path();
    }

    boolean isDynamic() {
        return uri.contains("${");
    }

    /** About one of its parameters, or about all of it. */
    Finding finding(String parameter, String text) {
        return new Finding(file, lines.getOrDefault(parameter, line), text);
    }

    Finding finding(String text) {
        return finding("", text);
    }
}
