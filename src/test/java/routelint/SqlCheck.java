package routelint;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;


/** Checks that the statements of routes exist and are used. {@code SqlFilesTest} checks that PostgreSQL accepts them. */
final class SqlCheck {

    private static final String RESOURCES = "src/main/resources/";
    private static final String FOLDER = RESOURCES + "routes";
    private static final String CLASSPATH = "classpath:";
    /** A parameter that is cast to an interval. */
    private static final Pattern INTERVAL = Pattern.compile(":#?\\w+\\s*(AS|::)\\s*interval", Pattern.CASE_INSENSITIVE);
    /** The folder and name of a statement in a Java string. */
    private static final Pattern IN_JAVA = Pattern.compile("\"(?:[^\"\\n]*routes/)?([\\w-]+/[\\w-]+)(?:\\.sql[^\"\\n]*)?\"");

    private SqlCheck() {
    }

    static List<Finding> check(RouteFiles files, List<Endpoint> endpoints) {
        List<Finding> findings = new ArrayList<>();
        List<String> statements = files.list(FOLDER).filter(file -> file.endsWith(".sql")).toList();
        Set<String> used = new HashSet<>();
        for (Endpoint endpoint : endpoints) {
            if (!endpoint.scheme().equals("sql")) {
                continue;
            }
            if (!endpoint.path().startsWith(CLASSPATH)) {
                findings.add(endpoint.finding("a statement has to be in a file below " + FOLDER
                    + ": sql:classpath:routes/<folder>/<what it does>.sql"));
                continue;
            }
            String name = endpoint.path().substring(CLASSPATH.length());
            used.add(RESOURCES + name);
            if (!statements.contains(RESOURCES + name)) {
                findings.add(endpoint.finding("there is no " + RESOURCES + name
                    + Suggestion.of(statements.stream().map(file -> file.substring(RESOURCES.length())).toList(), name)));
            }
        }
        Set<String> inJava = new HashSet<>();
        files.list("src/main/java").forEach(file -> {
            Matcher literal = IN_JAVA.matcher(files.text(file));
            while (literal.find()) {
                inJava.add(FOLDER + "/" + literal.group(1) + ".sql");
            }
        });
        statements.forEach(file -> {
            if (INTERVAL.matcher(files.text(file)).find()) {
                findings.add(new Finding(file, 1, "parses a duration, which Java may parse differently: pass a number by "
                    + "{{seconds:<setting>}} in the route, and read it with make_interval(secs => …)"));
            }
        });
        statements.stream().filter(file -> !used.contains(file) && !inJava.contains(file)).forEach(file ->
            findings.add(new Finding(file, 1, "neither a route nor Java uses it")));
        return findings;
    }
}
