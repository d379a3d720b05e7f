package ecommerce.inventory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import ecommerce.inventory.settings.InvalidSettingException;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.Resource;
import org.apache.camel.spring.boot.CamelSpringBootRoutesCollector;
import org.apache.camel.util.AntPathMatcher;
import org.springframework.context.ApplicationContext;

/**
 * Fails a start that finds fewer route files than the bundle has, for example because a ConfigMap over one of their folders lacks a file.
 * Camel itself would run the others. The list is that of the ConfigMaps, {@code kustomization.yaml}; a bundle without it is not checked.
 */
final class BundledRoutes extends CamelSpringBootRoutesCollector {

    private static final String ROUTES = "routes/";
    private static final Pattern LISTED = Pattern.compile("(?m)^ +- (routes/.+\\.camel\\.yaml)$");

    private final org.springframework.core.io.Resource list;

    /** @param includeNonSingletons of {@code camel.main.include-non-singletons} */
    BundledRoutes(ApplicationContext context, boolean includeNonSingletons) {
        super(context, includeNonSingletons);
        list = context.getResource("classpath:kustomization.yaml");
    }

    /** @throws InvalidSettingException that names the listed files which a pattern means, and none has found */
    @Override
    public Collection<Resource> findRouteResourcesFromDirectory(CamelContext camel, String exclude, String include) {
        Collection<Resource> found = super.findRouteResourcesFromDirectory(camel, exclude, include);
        List<String> missing = listed().filter(file -> Stream.of(include.split(",")).anyMatch(pattern -> includes(pattern, exclude, file)))
            .filter(file -> found.stream().noneMatch(resource -> slashes(resource.getLocation()).endsWith(file))).toList();
        if (!missing.isEmpty()) {
            throw new InvalidSettingException("camel.main.routes-include-pattern=" + include + " does not find " + String.join(", ", missing)
                + ", which the bundle has: put the missing files there, or exclude them by camel.main.routes-exclude-pattern");
        }
        return found;
    }

    private Stream<String> listed() {
        try {
            return list.exists() ? LISTED.matcher(list.getContentAsString(StandardCharsets.UTF_8)).results().map(file -> file.group(1)) : Stream.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether a pattern of locations, such as {@code file:/app/resources/routes/*&#47;*.camel.yaml}, means the file and it is not excluded. */
    private static boolean includes(String pattern, String exclude, String file) {
        String location = slashes(pattern);
        int routes = location.lastIndexOf(ROUTES);
        return routes >= 0 && AntPathMatcher.INSTANCE.match(location.substring(routes), file)
            && (exclude == null || !AntPathMatcher.INSTANCE.anyMatch(exclude.split(","), location.substring(0, routes) + file));
    }

    private static String slashes(String location) {
        return location.replace('\\', '/');
    }
}
