package routelint;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;

/**
 * Checks what handlers do with messages. A handler gets a list of them, so that outside of a split there is no "the message" whose fields a
 * step could read; when it runs, such a step fails.
 */
final class MessageListCheck {

    private static final String SPLIT = "split";
    private static final String DISPATCH = "direct:handle-messages";
    private static final String FIELDS =
        "message|messageBody|messageId|sourceMessageId|contentHash|partitionKey|correlationId|traceparent|tracestate|enqueuedAt";
    private static final Pattern SOURCE = Pattern.compile("^(?:variable:)?(" + FIELDS + ")$");
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{variable\\.(" + FIELDS + ")\\b");

    private final RouteFiles files;
    private final List<Finding> findings = new ArrayList<>();

    private MessageListCheck(RouteFiles files) {
        this.files = files;
    }

    static List<Finding> check(RouteFiles files, List<Endpoint> endpoints) {
        MessageListCheck check = new MessageListCheck(files);
        check.routesWithLists(endpoints).forEach(route -> check.read(route, route.body()));
        return check.findings;
    }

    /** The routes that handle a type of message, and those that they call outside of a split. */
    private Set<RouteNode> routesWithLists(List<Endpoint> endpoints) {
        Deque<String> next = new ArrayDeque<>(CallCheck.messageTypes(files).stream().map(type -> "direct:" + type).toList());
        next.add(DISPATCH);
        Set<String> names = new HashSet<>();
        Set<RouteNode> routes = new HashSet<>();
        while (!next.isEmpty()) {
            String name = next.remove();
            if (names.add(name)) {
                Set<RouteNode> found = endpoints.stream().filter(endpoint -> endpoint.consumer() && endpoint.name().equals(name))
                    .map(Endpoint::node).filter(node -> node != null).map(RouteNode::top).collect(Collectors.toSet());
                routes.addAll(found);
                endpoints.stream().filter(endpoint -> !endpoint.consumer() && endpoint.node() != null && found.contains(endpoint.node().top())
                    && !inSplit(endpoint.node())).forEach(endpoint -> next.add(endpoint.name()));
            }
        }
        return routes;
    }

    private static boolean inSplit(RouteNode node) {
        return node != null && (node.kind().equals(SPLIT) || inSplit(node.parent()));
    }

    private void read(RouteNode route, Node node) {
        for (NodeTuple entry : YamlNodes.entries(node)) {
            if (!SPLIT.equals(YamlNodes.key(entry))) {
                String text = YamlNodes.text(entry.getValueNode());
                if (text != null) {
                    Matcher field = ("source".equals(YamlNodes.key(entry)) ? SOURCE : VARIABLE).matcher(text);
                    if (field.find()) {
                        findings.add(new Finding(route.file(), YamlNodes.line(entry.getKeyNode()), "reads " + field.group(1)
                            + " where there is a list of messages: such a step belongs into a split" + splits(route)
                            + ", whose first step is toVariables"));
                    }
                }
                read(route, entry.getValueNode());
            }
        }
        YamlNodes.items(node).forEach(item -> read(route, item));
    }

    private String splits(RouteNode route) {
        String ids = files.nodes(SPLIT).filter(split -> split.top() == route && split.id() != null).map(RouteNode::id)
            .collect(Collectors.joining(" or "));
        return ids.isEmpty() ? "" : " (" + ids + ")";
    }
}
