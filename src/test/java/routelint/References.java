package routelint;

import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apache.camel.catalog.CamelCatalog;
import org.apache.camel.catalog.DefaultCamelCatalog;
import org.apache.camel.tooling.model.EipModel;
import org.springframework.context.ApplicationContext;
import org.springframework.util.ClassUtils;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;

/** Checks that the beans, methods and classes that routes name exist. */
final class References {

    private static final CamelCatalog CATALOG = new DefaultCamelCatalog();
    /** {@code #name} or {@code #bean:name}, alone or as the value of an option in a URI. */
    private static final Pattern HASH = Pattern.compile("(?:^|=)#(?:(bean|class|type):)?([\\w.$-]+)");
    /** {@code bean:name}, as an endpoint or in an expression, with the method if it is named. */
    private static final Pattern BEAN = Pattern.compile("(?:^|\\$\\{)bean:([\\w-]+)(?:(?:\\?method=|\\.)(\\w+))?");
    private static final Set<String> CLASSES = Set.of("exceptionType", "exception", "beanType");

    private final ApplicationContext beans;
    private final Set<String> names;
    private final Set<Finding> findings = new TreeSet<>();

    private References(ApplicationContext beans) {
        this.beans = beans;
        this.names = Set.of(beans.getBeanDefinitionNames());
    }

    /**
     * @param root of the project
     * @return     findings in the order of files and lines
     */
    static List<Finding> check(Path root, ApplicationContext beans) {
        RouteFiles files = new RouteFiles(root);
        References references = new References(beans);
        files.documents().keySet().forEach(file -> files.tops(file).forEach(top -> references.entry(file, top, null)));
        return List.copyOf(references.findings);
    }

    private void entry(String file, NodeTuple entry, String kind) {
        String key = YamlNodes.key(entry);
        Node value = entry.getValueNode();
        if (value instanceof ScalarNode text) {
            scalar(file, kind, key, text);
        }
        if (key.equals("exception")) {
            YamlNodes.items(value).forEach(item -> scalar(file, kind, key, (ScalarNode) item));
        }
        String method = YamlNodes.text(value, "method");
        String bean = YamlNodes.text(value, "ref");
        if (method != null && bean != null && beans.containsBean(bean)) {
            method(file, YamlNodes.line(YamlNodes.get(value, "method")), bean, method.replaceFirst("\\(.*", ""));
        }
        YamlNodes.entries(value).forEach(inner -> entry(file, inner, key));
        YamlNodes.items(value).forEach(item -> YamlNodes.entries(item).forEach(inner -> entry(file, inner, key)));
    }

    private void scalar(String file, String kind, String key, ScalarNode text) {
        int line = YamlNodes.line(text);
        Matcher hash = HASH.matcher(text.getValue());
        boolean found = false;
        while (hash.find()) {
            found = true;
            if (hash.group(1) == null || hash.group(1).equals("bean")) {
                bean(file, line, hash.group(2));
            } else {
                type(file, line, hash.group(2));
            }
        }
        if (!found && isReference(kind, key)) {
            bean(file, line, text.getValue());
        }
        if (CLASSES.contains(key)) {
            type(file, line, text.getValue());
        }
        Matcher bean = BEAN.matcher(text.getValue());
        while (bean.find()) {
            if (bean(file, line, bean.group(1)) && bean.group(2) != null) {
                method(file, line, bean.group(1), bean.group(2));
            }
        }
    }

    /** Whether the value of an EIP's option is a bean: the catalog says so, or the option's name does. */
    private static boolean isReference(String kind, String key) {
        if (key.equals("ref") || key.endsWith("Ref") && !key.equals("routeTemplateRef")) {
            return true;
        }
        EipModel eip = kind == null ? null : CATALOG.eipModel(kind);
        return eip != null && eip.getOptions().stream().anyMatch(option -> option.getName().equals(key)
            && option.getKind().equals("attribute") && option.getType().equals("object"));
    }

    private boolean bean(String file, int line, String name) {
        if (!beans.containsBean(name)) {
            findings.add(new Finding(file, line, "there is no bean " + name + Suggestion.of(names, name)));
        }
        return beans.containsBean(name);
    }

    private void method(String file, int line, String bean, String method) {
        List<String> methods = Arrays.stream(beans.getType(bean).getMethods()).map(Method::getName).toList();
        if (!methods.contains(method)) {
            findings.add(new Finding(file, line, "bean " + bean + " has no method " + method + Suggestion.of(methods, method)));
        }
    }

    private void type(String file, int line, String name) {
        if (!ClassUtils.isPresent(name, null)) {
            findings.add(new Finding(file, line, "there is no class " + name));
        }
    }
}
