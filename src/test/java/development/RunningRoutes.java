package development;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

import org.apache.camel.CamelContext;
import org.apache.camel.builder.RouteConfigurationBuilder;
import org.apache.camel.model.Model;
import org.apache.camel.model.RouteDefinition;

/** The routes of the running worker, by their files. */
final class RunningRoutes {

    private final CamelContext camel;
    private final Model model;
    private final Map<String, RouteFile> files = new TreeMap<>();

    /** @param contents of the files that are live, by name */
    RunningRoutes(CamelContext camel, Map<String, String> contents) throws BrokenFileException {
        this.camel = camel;
        this.model = camel.getCamelContextExtension().getContextPlugin(Model.class);
        for (Map.Entry<String, String> file : contents.entrySet()) {
            files.put(file.getKey(), new RouteFile(camel, file.getKey(), file.getValue()));
        }
    }

    /** The file of a name; null for a new one. */
    RouteFile file(String name) {
        return files.get(name);
    }

    /** The routes of all files but one. */
    List<RouteDefinition> others(String name) {
        Set<String> ids = files.containsKey(name) ? files.get(name).ids() : Set.of();
        return model.getRouteDefinitions().stream().filter(route -> !ids.contains(route.getRouteId())).toList();
    }

    /** The files that need a template or a routeConfiguration of this one. */
    List<RouteFile> needing(RouteFile file) {
        return files.values().stream().filter(other -> !other.name().equals(file.name()) && other.needs(file)).toList();
    }

    /** The ids of the routes that run a statement. */
    Set<String> running(String sql) {
        return model.getRouteDefinitions().stream().filter(route -> RouteFile.uses(route, sql)).map(RouteDefinition::getRouteId)
            .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The files of these routes. */
    List<RouteFile> filesOf(Set<String> ids) {
        return files.values().stream().filter(file -> file.ids().stream().anyMatch(ids::contains)).toList();
    }

    /**
     * Replaces the routes of files after these have finished their messages in flight. If the new routes do not start, the old ones start
     * again.
     *
     * @param names of the files to replace
     * @param saved their new content; a file that is missing here is removed
     */
    void replace(Set<String> names, Collection<RouteFile> saved) throws Exception {
        List<RouteFile> old = names.stream().filter(files::containsKey).map(files::get).toList();
        try {
            load(old, saved);
        } catch (Exception e) {
            try {
                load(saved, old);
            } catch (Exception again) {
                throw new IllegalStateException("Neither the new nor the old routes start; restart the worker: " + again.getMessage(), e);
            }
            throw e;
        }
        names.forEach(files::remove);
        saved.forEach(file -> files.put(file.name(), file));
    }

    private void load(Collection<RouteFile> from, Collection<RouteFile> to) throws Exception {
        Set<String> ids = from.stream().flatMap(file -> file.ids().stream()).collect(Collectors.toSet());
        // All together: a message in flight in one route may still need another route.
        camel.getShutdownStrategy().shutdown(camel, camel.getCamelContextExtension().getRouteStartupOrder().stream()
            .filter(order -> ids.contains(order.getRoute().getRouteId())).toList());
        model.removeRouteDefinitions(model.getRouteDefinitions().stream().filter(route -> ids.contains(route.getRouteId())).toList());
        for (String template : from.stream().flatMap(file -> file.templates().stream()).toList()) {
            model.removeRouteTemplateDefinitions(template);
        }
        // Not Camel's own update, which leaves out routes that use templates.
        List<RouteConfigurationBuilder> builders = new ArrayList<>();
        for (RouteFile file : to) {
            builders.add(file.copy().builder());
        }
        for (RouteConfigurationBuilder builder : builders) {
            builder.updateRouteConfigurationsToCamelContext(camel);
        }
        for (RouteConfigurationBuilder builder : builders) {
            builder.updateRoutesToCamelContext(camel);
        }
        for (RouteConfigurationBuilder builder : builders) {
            builder.addTemplatedRoutesToCamelContext(camel);
        }
    }
}
