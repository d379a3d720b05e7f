package development;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import javax.sql.DataSource;

import org.apache.camel.CamelContext;
import org.apache.camel.Component;
import org.apache.camel.Endpoint;
import org.apache.camel.FailedToCreateRouteException;
import org.apache.camel.NoSuchEndpointException;
import org.apache.camel.builder.RouteConfigurationBuilder;
import org.apache.camel.model.FromDefinition;
import org.apache.camel.model.IdempotentConsumerDefinition;
import org.apache.camel.model.Model;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.RouteDefinitionHelper;
import org.apache.camel.model.RouteTemplateDefinition;
import org.apache.camel.model.RoutesDefinition;
import org.apache.camel.model.SendDefinition;
import org.apache.camel.model.TemplatedRouteDefinition;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.apache.camel.util.ObjectHelper;
import org.apache.camel.util.StringHelper;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;

/** A saved file of {@code routes/}: parsed, and checked before its routes run. */
final class RouteFile {

    /** The part of the file that an error message of Camel quotes. */
    private static final Pattern QUOTED = Pattern.compile("Unknown parameters=\\[\\{(\\w+)|\\[([^\\]{]+)]|'([^']+)'|(?:for|field|id|was): (\\S+)");
    private static final Pattern MISSING_SETTING = Pattern.compile("^Property with key \\[|^[\\w.-]+ is not set");
    private static final Pattern STATEMENT = Pattern.compile("sql:classpath:(?<file>routes/[^?]+).*");
    private static final Pattern DIRECT = Pattern.compile("direct:(?://)?(?<name>[^?${]+)(?:\\?.*)?");
    /** Prefix of the statements that the idempotent consumer runs. */
    private static final String OF_INBOX = "routes/inbox/inbox-";

    private final CamelContext camel;
    private final Model model;
    private final String name;
    private final String content;
    private final RouteConfigurationBuilder builder;
    private final RoutesDefinition routes;

    /** @param name path below the resources */
    RouteFile(CamelContext camel, String name, String content) throws BrokenFileException {
        this.camel = camel;
        this.model = camel.getCamelContextExtension().getContextPlugin(Model.class);
        this.name = name;
        this.content = content;
        try {
            builder = (RouteConfigurationBuilder) PluginHelper.getRoutesLoader(camel)
                .findRoutesBuilders(List.of(ResourceHelper.fromString(name, content))).iterator().next();
            builder.setCamelContext(camel);
            builder.configuration();
            routes = builder.configureRoutes(camel);
        } catch (Exception e) {
            MarkedYamlEngineException yaml = ObjectHelper.getException(MarkedYamlEngineException.class, e);
            throw yaml == null ? broken(1, e.getMessage()) : broken(yaml.getProblemMark().map(Mark::getLine).orElse(0) + 1, yaml.getProblem());
        }
        if (ids().isEmpty() && configurations().isEmpty() && templates().isEmpty() && !hasRest()) {
            throw broken(1, "has no route");
        }
    }

    /** The file of a route, below the resources. */
    private static String of(RouteDefinition route) {
        return "routes/" + StringHelper.afterLast(route.getResource() == null ? "" : route.getResource().getLocation(), "routes/");
    }

    /** Whether a route runs the statement: in a step, in an error handler, or by its idempotent consumer. */
    static boolean uses(RouteDefinition route, String sql) {
        return nodes(route, SendDefinition.class).map(node -> STATEMENT.matcher(uri(route, node)))
                .anyMatch(statement -> statement.matches() && statement.group("file").equals(sql))
            || sql.startsWith(OF_INBOX) && nodes(route, IdempotentConsumerDefinition.class).findAny().isPresent();
    }

    /** The URI, with the parameters of the route's template replaced. */
    private static String uri(RouteDefinition route, SendDefinition<?> node) {
        String uri = node.getEndpointUri();
        if (route.getTemplateParameters() != null) {
            for (Map.Entry<String, Object> parameter : route.getTemplateParameters().entrySet()) {
                uri = uri.replace("{{" + parameter.getKey() + "}}", String.valueOf(parameter.getValue()));
            }
        }
        return uri;
    }

    String name() {
        return name;
    }

    /** The ids of its routes, including those that use templates. */
    Set<String> ids() {
        return Stream.concat(routes.getRoutes().stream().map(RouteDefinition::getRouteId),
            templated().map(TemplatedRouteDefinition::getRouteId)).filter(Objects::nonNull).collect(Collectors.toCollection(TreeSet::new));
    }

    /** Whether it needs a template or a routeConfiguration of the other file. */
    boolean needs(RouteFile other) {
        return templated().anyMatch(route -> other.templates().contains(route.getRouteTemplateRef()))
            || routes.getRoutes().stream().anyMatch(route -> route.getRouteConfigurationId() != null
                && other.configurations().contains(route.getRouteConfigurationId()));
    }

    private Set<String> configurations() {
        return builder.getRouteConfigurationCollection().getRouteConfigurations().stream()
            .map(RouteConfigurationDefinition::getId).collect(Collectors.toSet());
    }

    Set<String> templates() {
        return builder.getRouteTemplateCollection().getRouteTemplates().stream().map(RouteTemplateDefinition::getId)
            .collect(Collectors.toSet());
    }

    private Stream<TemplatedRouteDefinition> templated() {
        return builder.getTemplatedRouteCollection().getTemplatedRoutes().stream();
    }

    /** A copy without the changes that {@link #check} makes to definitions. */
    RouteFile copy() throws BrokenFileException {
        return new RouteFile(camel, name, content);
    }

    RouteConfigurationBuilder builder() {
        return builder;
    }

    /** Whether it defines the REST API. */
    boolean hasRest() {
        return !builder.getRestCollection().getRests().isEmpty();
    }

    /**
     * Creates its routes and their endpoints without starting them, and has PostgreSQL prepare their SQL. Routes that use templates are not
     * created here.
     *
     * @param others    the routes of the other files
     * @param resources directory of the SQL
     */
    void check(List<RouteDefinition> others, Path resources, DataSource database) throws BrokenFileException {
        for (RouteConfigurationDefinition configuration : builder.getRouteConfigurationCollection().getRouteConfigurations()) {
            RouteDefinition handlers = new RouteDefinition("direct:" + configuration.getId());
            configuration.getOnExceptions().forEach(handlers::addOutput);
            handlers.stop();
            create(handlers);
        }
        List<RouteDefinition> all = Stream.concat(others.stream(), routes.getRoutes().stream()).toList();
        for (RouteDefinition route : routes.getRoutes()) {
            String twice = RouteDefinitionHelper.validateUniqueIds(route, all);
            if (twice != null) {
                throw broken(route.getLineNumber(), "there is another route or node with the id: " + twice);
            }
            routes.prepareRoute(route);
            String configuration = route.getRouteConfigurationId();
            if (configuration != null && route.getAppliedRouteConfigurationIds() == null && !configurations().contains(configuration)) {
                throw broken(route.getLineNumber(), "there is no routeConfiguration with the id: " + configuration);
            }
            for (SendDefinition<?> node : nodes(route, SendDefinition.class).toList()) {
                checkStatement(node, resources, database);
                resolve(node.getLineNumber(), () -> camel.getEndpoint(node.getEndpointUri()));
            }
            // Not started: it would replace the running endpoint in the scheduler.
            FromDefinition from = route.getInput();
            from.setEndpoint(resolve(from.getLineNumber(), () -> unstarted(from.getEndpointUri())));
            create(route);
        }
        for (TemplatedRouteDefinition route : templated().toList()) {
            String template = route.getRouteTemplateRef();
            if (model.getRouteTemplateDefinition(template) == null && !templates().contains(template)) {
                throw broken(1, "there is no routeTemplate with the id: " + template);
            }
        }
        checkDirects(all);
    }

    /** Checks that a route exists for each {@code direct:} endpoint that is called. */
    static void checkDirects(List<RouteDefinition> all) throws BrokenFileException {
        Set<String> there = all.stream().map(route -> direct(route.getInput().getEndpointUri())).filter(Objects::nonNull)
            .collect(Collectors.toSet());
        for (RouteDefinition route : all) {
            for (SendDefinition<?> node : nodes(route, SendDefinition.class).toList()) {
                String called = direct(node.getEndpointUri());
                if (called != null && !there.contains(called)) {
                    throw new BrokenFileException(of(route), node.getLineNumber(), "there is no route from direct:" + called);
                }
            }
        }
    }

    private static String direct(String uri) {
        Matcher direct = DIRECT.matcher(uri);
        return direct.matches() ? direct.group("name") : null;
    }

    private void checkStatement(SendDefinition<?> node, Path resources, DataSource database) throws BrokenFileException {
        Matcher statement = STATEMENT.matcher(node.getEndpointUri());
        if (!statement.matches()) {
            return;
        }
        String file = statement.group("file");
        String text;
        try {
            text = Files.readString(resources.resolve(file));
        } catch (IOException e) {
            throw broken(node.getLineNumber(), file + " cannot be read");
        }
        SqlFile.prepare(database, file, text);
    }

    private Endpoint resolve(int line, Callable<Endpoint> endpoint) throws BrokenFileException {
        try {
            return endpoint.call();
        } catch (Exception e) {
            throw broken(line, e.getMessage());
        }
    }

    private Endpoint unstarted(String uri) throws Exception {
        String normalized = camel.getCamelContextExtension().normalizeUri(camel.resolvePropertyPlaceholders(uri)).getUri();
        Component component = camel.getComponent(StringHelper.before(normalized, ":"));
        if (component == null) {
            throw new NoSuchEndpointException(uri, "there is no such component");
        }
        return component.createEndpoint(normalized);
    }

    private void create(RouteDefinition route) throws BrokenFileException {
        try {
            model.getModelReifierFactory().createRoute(camel, route);
        } catch (FailedToCreateRouteException e) {
            throw broken(route.getInput().getLineNumber(), e.getCause().getMessage());
        }
    }

    private static <T> Stream<T> nodes(RouteDefinition route, Class<T> type) {
        return ProcessorDefinitionHelper.filterTypeInOutputs(route.getOutputs(), type).stream();
    }

    /** @param from a line at or before the broken one */
    BrokenFileException broken(int from, String message) {
        String[] cause = message.replaceFirst("(?s).*(?:due to|because): ?", "").strip().split("\n");
        // If an expression cannot be parsed, the second line of the message quotes it.
        String quoted = cause.length > 1 ? cause[1].strip() : QUOTED.matcher(cause[0]).results()
            .flatMap(match -> IntStream.rangeClosed(1, match.groupCount()).mapToObj(match::group)).filter(Objects::nonNull)
            .findFirst().orElse("\n");
        List<String> lines = content.lines().toList();
        int line = IntStream.range(Math.max(from, 1), lines.size() + 1).filter(i -> lines.get(i - 1).contains(quoted)).findFirst().orElse(from);
        return new BrokenFileException(name, line, MISSING_SETTING.matcher(cause[0]).find()
            ? cause[0] + ". Settings are read at the start: restart the launcher after a change of application.yaml" : cause[0]);
    }
}
