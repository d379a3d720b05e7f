package ecommerce.inventory;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

import org.apache.camel.CamelContext;
import org.apache.camel.spi.Resource;
import org.apache.camel.spi.ResourceLoader;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.scan.DefaultPackageScanResourceResolver;
import org.apache.camel.util.StringHelper;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;

/**
 * Finds {@code classpath:} resources by a pattern wherever they are: in folders, in a jar, and in a jar inside Spring Boot's jar, where
 * Camel's own resolver finds no file below {@code **} and reads the whole jar once for each pattern.
 */
final class RouteFileResolver extends DefaultPackageScanResourceResolver {

    private static final String CLASSPATH = "classpath:";

    RouteFileResolver(CamelContext camel) {
        setCamelContext(camel);
    }

    @Override
    public Collection<Resource> findResources(String pattern) throws Exception {
        if (!pattern.startsWith(CLASSPATH) || !pattern.contains("*")) {
            return super.findResources(pattern);
        }
        String beforePattern = StringHelper.before(pattern, "*");
        String root = beforePattern.substring(CLASSPATH.length(), beforePattern.lastIndexOf('/') + 1);
        ResourceLoader loader = PluginHelper.getResourceLoader(getCamelContext());
        List<Resource> found = new ArrayList<>();
        for (var file : new PathMatchingResourcePatternResolver(getCamelContext().getApplicationContextClassLoader()).getResources(pattern)) {
            found.add(loader.resolveResource(CLASSPATH + root + StringHelper.afterLast(file.getURL().getPath(), "/" + root)));
        }
        return found;
    }
}
