package mutants;

import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import ecommerce.inventory.support.Workspace;
import org.springframework.util.ClassUtils;

/**
 * A test class, or one of its methods.
 *
 * @param method null for the whole class
 */
record TestName(String className, String method) {

    /** @param name {@code a.b.SomeTest} or {@code a.b.SomeTest#method} */
    static TestName of(String name) {
        String[] parts = name.strip().split("#", 2);
        return new TestName(parts[0], parts.length == 1 ? null : parts[1]);
    }

    /** Whether the class and the method exist. */
    boolean exists() {
        return ClassUtils.isPresent(className, null) && (method == null || parameters().count() == 1);
    }

    /** Whether it needs the worker's jar. */
    boolean isOfTheJar() {
        return className.endsWith("IT");
    }

    /** The selector for JUnit's console launcher. */
    String selector() {
        return method == null ? "--select-class=" + className
            : "--select-method=" + className + '#' + method + '(' + parameters().findFirst().orElseThrow() + ')';
    }

    /** Its runs in an outcome. */
    List<Workspace.Test> runs(Workspace.Outcome outcome) {
        return outcome.tests().stream().filter(test -> test.className().equals(className) && (method == null || test.method().equals(method)))
            .toList();
    }

    /** The parameter types of each method with this name. */
    private Stream<String> parameters() {
        return Arrays.stream(ClassUtils.resolveClassName(className, null).getDeclaredMethods())
            // A source of arguments may have the name of its test.
            .filter(declared -> declared.getName().equals(method) && !Modifier.isStatic(declared.getModifiers()))
            .map(declared -> Arrays.stream(declared.getParameterTypes()).map(Class::getName).collect(Collectors.joining(", ")));
    }

    @Override
    public String toString() {
        return className.replaceFirst(".*\\.", "") + (method == null ? "" : "." + method);
    }
}
