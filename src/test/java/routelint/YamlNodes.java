package routelint;

import java.util.List;
import java.util.stream.Stream;

import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/** Reads YAML nodes, which know their lines. A missing node, or one of another kind, gives an empty list or null. */
final class YamlNodes {

    private YamlNodes() {
    }

    static List<NodeTuple> entries(Node mapping) {
        return mapping instanceof MappingNode node ? node.getValue() : List.of();
    }

    static List<Node> items(Node sequence) {
        return sequence instanceof SequenceNode node ? node.getValue() : List.of();
    }

    static String key(NodeTuple entry) {
        return text(entry.getKeyNode());
    }

    /** The entry of a mapping, or null. */
    static NodeTuple entry(Node mapping, String key) {
        return entries(mapping).stream().filter(entry -> key.equals(key(entry))).findFirst().orElse(null);
    }

    /** The value in a mapping, or null. */
    static Node get(Node mapping, String key) {
        NodeTuple entry = entry(mapping, key);
        return entry == null ? null : entry.getValueNode();
    }

    /** The text in a mapping, or null. */
    static String text(Node mapping, String key) {
        return text(get(mapping, key));
    }

    /** The text of a scalar, or null. */
    static String text(Node node) {
        return node instanceof ScalarNode scalar ? scalar.getValue() : null;
    }

    /** The line of a node, from 1. */
    static int line(Node node) {
        return node.getStartMark().getLine() + 1;
    }

    /** All scalar values below a node, and the node itself if it is a scalar; no keys. */
    static Stream<ScalarNode> scalars(Node node) {
        if (node instanceof ScalarNode scalar) {
            return Stream.of(scalar);
        }
        return Stream.concat(items(node).stream(), entries(node).stream().map(NodeTuple::getValueNode)).flatMap(YamlNodes::scalars);
    }
}
