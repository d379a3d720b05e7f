package ecommerce.development;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

import org.apache.camel.CamelContext;
import org.apache.camel.model.Model;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.support.PluginHelper;

/** The routes of the running worker, by the file that they were loaded from. */
final class RunningRoutes {

    private final CamelContext camel;
    private final Model model;

    RunningRoutes(CamelContext camel) {
        this.camel = camel;
        this.model = camel.getCamelContextExtension().getContextPlugin(Model.class);
    }

    /** The ids of the routes of files. */
    Set<String> ids(Set<String> files) {
        return model.getRouteDefinitions().stream().filter(route -> files.contains(RouteFile.of(route))).map(RouteDefinition::getRouteId)
            .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The routes of all files but one. */
    List<RouteDefinition> others(String file) {
        return model.getRouteDefinitions().stream().filter(route -> !RouteFile.of(route).equals(file)).toList();
    }

    /** The routes that run a statement. */
    List<RouteDefinition> users(String sql) {
        return model.getRouteDefinitions().stream().filter(route -> RouteFile.uses(route, sql)).toList();
    }

    /**
     * Puts the routes of files in place of those that run, when these have finished what they have in work.
     *
     * @param contents by file; null for a file that is gone
     */
    void load(Map<String, String> contents) throws Exception {
        Set<String> ids = ids(contents.keySet());
        // All at once: what one route has in work may still need another.
        camel.getShutdownStrategy().shutdown(camel, camel.getCamelContextExtension().getRouteStartupOrder().stream()
            .filter(order -> ids.contains(order.getRoute().getRouteId())).toList());
        model.removeRouteDefinitions(model.getRouteDefinitions().stream().filter(route -> ids.contains(route.getRouteId())).toList());
        PluginHelper.getRoutesLoader(camel).updateRoutes(contents.keySet().stream().filter(file -> contents.get(file) != null)
            .map(file -> RouteFile.resource(file, contents.get(file))).toList());
    }
}
