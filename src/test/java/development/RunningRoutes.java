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

/** The routes of the running worker, by the file that they come from. */
final class RunningRoutes {

    private final CamelContext camel;
    private final Model model;
    private final Map<String, RouteFile> files = new TreeMap<>();

    /** @param contents of the files that run, by name */
    RunningRoutes(CamelContext camel, Map<String, String> contents) throws BrokenFileException {
        this.camel = camel;
        this.model = camel.getCamelContextExtension().getContextPlugin(Model.class);
        for (Map.Entry<String, String> file : contents.entrySet()) {
            files.put(file.getKey(), new RouteFile(camel, file.getKey(), file.getValue()));
        }
    }

    /** Null for a file that is new. */
    RouteFile file(String name) {
        return files.get(name);
    }

    /** The routes of all files but one. */
    List<RouteDefinition> others(String name) {
        Set<String> ids = files.containsKey(name) ? files.get(name).ids() : Set.of();
        return model.getRouteDefinitions().stream().filter(route -> !ids.contains(route.getRouteId())).toList();
    }

    /** The files with a route that needs something of this one. */
    List<RouteFile> needing(RouteFile file) {
        return files.values().stream().filter(other -> !other.name().equals(file.name()) && other.needs(file)).toList();
    }

    /** The ids of the routes that run a statement. */
    Set<String> running(String sql) {
        return model.getRouteDefinitions().stream().filter(route -> RouteFile.uses(route, sql)).map(RouteDefinition::getRouteId)
            .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The files that these routes come from. */
    List<RouteFile> filesOf(Set<String> ids) {
        return files.values().stream().filter(file -> file.ids().stream().anyMatch(ids::contains)).toList();
    }

    /**
     * Replaces the routes of files when these have finished what they have in flight. If the new ones do not start, the old ones do.
     *
     * @param names of the files
     * @param saved what they are from now on; of one that is not among them, nothing
     */
    void replace(Set<String> names, Collection<RouteFile> saved) throws Exception {
        List<RouteFile> old = names.stream().filter(files::containsKey).map(files::get).toList();
        try {
            load(old, saved);
        } catch (Exception e) {
            try {
                load(saved, old);
            } catch (Exception again) {
                throw new IllegalStateException("Neither the new nor the old can be started; restart: " + again.getMessage(), e);
            }
            throw e;
        }
        names.forEach(files::remove);
        saved.forEach(file -> files.put(file.name(), file));
    }

    private void load(Collection<RouteFile> from, Collection<RouteFile> to) throws Exception {
        Set<String> ids = from.stream().flatMap(file -> file.ids().stream()).collect(Collectors.toSet());
        // All at once: what one route has in flight may still need another.
        camel.getShutdownStrategy().shutdown(camel, camel.getCamelContextExtension().getRouteStartupOrder().stream()
            .filter(order -> ids.contains(order.getRoute().getRouteId())).toList());
        model.removeRouteDefinitions(model.getRouteDefinitions().stream().filter(route -> ids.contains(route.getRouteId())).toList());
        for (String template : from.stream().flatMap(file -> file.templates().stream()).toList()) {
            model.removeRouteTemplateDefinitions(template);
        }
        // Not Camel's own update, which leaves out what is made of templates.
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
