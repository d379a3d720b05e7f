package routelint;

import org.yaml.snakeyaml.nodes.Node;

/**
 * A part of a route that may have an id: the route itself, its from, a step, a branch.
 *
 * @param kind   its name in the DSL, such as {@code toD}
 * @param body   the value of the kind; a scalar in the short form {@code to: direct:x}
 * @param parent the node that contains it; null for a top-level entry of the file
 */
record RouteNode(String file, int line, String kind, Node body, RouteNode parent) {

    /** The id, or null. */
    String id() {
        return YamlNodes.text(body, "id");
    }

    /** The description, or null. */
    String description() {
        return YamlNodes.text(body, "description");
    }

    /** The top-level entry of the file that contains this node. */
    RouteNode top() {
        return parent == null ? this : parent.top();
    }

    /** The route in a template needs no id: the template has one, and so has each route that uses it. */
    boolean isNamedByItsTemplate() {
        return kind.equals("route") && parent != null;
    }

    Finding finding(String text) {
        return new Finding(file, line, text);
    }

    /** For messages: {@code to 'reserve'}. */
    @Override
    public String toString() {
        return id() == null ? kind : kind + " '" + id() + "'";
    }
}
