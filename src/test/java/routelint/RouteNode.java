package routelint;

import org.yaml.snakeyaml.nodes.Node;

/**
 * A part of a route that has an id: the route itself, its from, a step, a branch.
 *
 * @param kind   as the DSL calls it, {@code toD}
 * @param body   what stands under the kind; a scalar in the short form {@code to: direct:x}
 * @param parent that it is a part of; null for what stands at the top of the file
 */
record RouteNode(String file, int line, String kind, Node body, RouteNode parent) {

    /** Or null. */
    String id() {
        return YamlNodes.text(body, "id");
    }

    /** Or null. */
    String description() {
        return YamlNodes.text(body, "description");
    }

    /** What stands at the top of the file, and this is part of. */
    RouteNode top() {
        return parent == null ? this : parent.top();
    }

    /** The route itself in a template is known by the id of the template, and by those of the routes that are made of it. */
    boolean isNamedByItsTemplate() {
        return kind.equals("route") && parent != null;
    }

    Finding finding(String text) {
        return new Finding(file, line, text);
    }

    /** As in a message: {@code to 'reserve'}. */
    @Override
    public String toString() {
        return id() == null ? kind : kind + " '" + id() + "'";
    }
}
