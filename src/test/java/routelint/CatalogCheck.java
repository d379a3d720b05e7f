package routelint;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import org.apache.camel.catalog.CamelCatalog;
import org.apache.camel.catalog.DefaultCamelCatalog;
import org.apache.camel.catalog.EndpointValidationResult;
import org.apache.camel.tooling.model.BaseOptionModel;
import org.apache.camel.tooling.model.ComponentModel;

/** Checks each endpoint against Camel's catalog of components, their options and the allowed values. */
final class CatalogCheck {

    private static final CamelCatalog CATALOG = new DefaultCamelCatalog();

    private CatalogCheck() {
    }

    static List<Finding> check(Endpoint endpoint) {
        String scheme = endpoint.scheme();
        // Known only at run time.
        if (scheme.contains("{{") || scheme.contains("${")) {
            return List.of();
        }
        if (scheme.equals(OutboxCheck.SCHEME)) {
            // The worker's own.
            return List.of();
        }
        ComponentModel component = CATALOG.componentModel(scheme);
        if (component == null) {
            return List.of(endpoint.finding("there is no component " + scheme + Suggestion.of(CATALOG.findComponentNames(), scheme)));
        }
        List<Finding> findings = new ArrayList<>();
        if (CatalogCheck.class.getResource("/META-INF/services/org/apache/camel/component/" + scheme) == null) {
            findings.add(endpoint.finding("component " + scheme + " is not in the build: pom.xml needs "
                + component.getArtifactId() + "-starter"));
        }
        String query = endpoint.parameters().entrySet().stream().map(option -> option.getKey() + "="
            + URLEncoder.encode(option.getValue(), StandardCharsets.UTF_8)).collect(Collectors.joining("&"));
        EndpointValidationResult result = CATALOG.validateEndpointProperties(endpoint.uri() + (query.isEmpty() ? "" : "?" + query), false,
            endpoint.consumer(), !endpoint.consumer());
        if (result.getSyntaxError() != null) {
            findings.add(endpoint.finding("'" + endpoint.uri() + "' is not a URI of " + scheme + ": " + result.getSyntaxError()));
        }
        names(result.getUnknown()).forEach(name -> findings.add(endpoint.finding(name, scheme + " has no option " + name
            + Suggestion.of(component.getEndpointOptions().stream().map(BaseOptionModel::getName).toList(), name))));
        names(result.getRequired()).forEach(name -> findings.add(endpoint.finding(scheme + " needs " + name)));
        names(result.getNotConsumerOnly()).forEach(name ->
            findings.add(endpoint.finding(name, scheme + " has option " + name + " for sending only")));
        names(result.getNotProducerOnly()).forEach(name ->
            findings.add(endpoint.finding(name, scheme + " has option " + name + " for receiving only")));
        values(result.getInvalidEnum()).forEach((name, value) -> findings.add(endpoint.finding(name, wrong(name, value)
            + "one of " + String.join(", ", result.getEnumChoices(name)))));
        values(result.getInvalidBoolean()).forEach((name, value) -> findings.add(endpoint.finding(name, wrong(name, value) + "true or false")));
        values(result.getInvalidInteger()).forEach((name, value) -> findings.add(endpoint.finding(name, wrong(name, value) + "an integer")));
        values(result.getInvalidNumber()).forEach((name, value) -> findings.add(endpoint.finding(name, wrong(name, value) + "a number")));
        values(result.getInvalidDuration()).forEach((name, value) ->
            findings.add(endpoint.finding(name, wrong(name, value) + "a duration, such as 5000, 5s or 1m30s")));
        values(result.getInvalidReference()).forEach((name, value) ->
            findings.add(endpoint.finding(name, wrong(name, value) + "a # and the name of a bean")));
        if (findings.isEmpty() && result.hasErrors()) {
            findings.add(endpoint.finding(result.summaryErrorMessage(false)));
        }
        return findings;
    }

    private static String wrong(String name, String value) {
        return name + " is '" + value + "' and should be ";
    }

    private static Set<String> names(Set<String> names) {
        return names == null ? Set.of() : names;
    }

    private static Map<String, String> values(Map<String, String> values) {
        return values == null ? Map.of() : values;
    }
}
