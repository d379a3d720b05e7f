package ecommerce.inventory;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import javax.xml.parsers.DocumentBuilderFactory;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** The jar contains no unused starter (maven-enforcer-plugin checks the other libraries), and images are built on fixed base images. */
class DependenciesTest {

    /** The use of a starter: a pattern that src/main contains. */
    private static final Map<String, String> USED_BY = Map.ofEntries(
        entry("camel-spring-boot-starter", "import org\\.apache\\.camel\\.CamelContext"),
        entry("camel-yaml-dsl-starter", "classpath:routes/\\*/\\*\\.camel\\.yaml"),
        entry("camel-azure-servicebus-starter", "uri: azure-servicebus:"),
        entry("camel-sql-starter", "uri: sql:classpath:"),
        entry("camel-json-validator-starter", "uri: json-validator:"),
        entry("camel-jsonpath-starter", "\\bjsonpath:"),
        entry("camel-platform-http-starter", "\\bopenApi:"),
        entry("camel-rest-openapi-starter", "\\bopenApi:"),
        entry("camel-quartz-starter", "uri: quartz:"),
        entry("camel-direct-starter", "uri: direct:"),
        entry("camel-seda-starter", "uri: seda:"),
        entry("camel-bean-starter", "\\bbean:"),
        entry("camel-micrometer-starter", "route-policy-level: route"),
        entry("camel-opentelemetry2-starter", "\\bopentelemetry2:"),
        entry("spring-boot-starter-actuator", "import org\\.springframework\\.boot\\.actuate\\."),
        entry("spring-boot-starter-jdbc", "import org\\.springframework\\.jdbc\\."));

    /** Starters that are kept for new routes, with the reason. */
    private static final Map<String, String> KEPT_FOR = Map.of(
        "camel-jackson-starter", "marshal and unmarshal in a route: all messages are JSON",
        "camel-jq-starter", "routes that translate the messages of other senders");

    private static String sources;

    @BeforeAll
    static void read() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("src", "main"))) {
            sources = files.filter(file -> file.toString().matches(".*\\.(java|yaml)")).map(DependenciesTest::text).collect(Collectors.joining("\n"));
        }
    }

    @Test
    void eachStarterIsUsedOrHasAReason() throws Exception {
        Map<String, String> findings = new TreeMap<>();
        for (String starter : starters()) {
            String use = USED_BY.get(starter);
            if (use == null && !KEPT_FOR.containsKey(starter)) {
                findings.put(starter, "no use of it is listed");
            } else if (use != null && !Pattern.compile(use).matcher(sources).find()) {
                findings.put(starter, "src/main does not contain " + use);
            }
        }
        assertThat(findings).isEmpty();
        assertThat(starters()).as("starters").containsAll(USED_BY.keySet()).containsAll(KEPT_FOR.keySet());
    }

    /** A tag may point to another image later, and an archive of classes fits only the JVM that made it. */
    @Test
    void everyImageIsBuiltOnOnesThatAreNamedByTheirDigest() throws Exception {
        Map<String, String> stages = new HashMap<>();
        List<String> images = new ArrayList<>();
        String base = null;
        for (String from : Files.readAllLines(Path.of("Dockerfile")).stream().filter(line -> line.startsWith("FROM ")).toList()) {
            String[] words = from.split(" ");
            base = stages.getOrDefault(words[1], words[1]);
            images.add(base);
            if (words.length == 4) {
                stages.put(words[3], base);
            }
        }

        assertThat(images).hasSize(4).allMatch(image -> image.matches("[^:@]+:[^:@]+@sha256:[0-9a-f]{64}"));
        assertThat(base).as("base image of the worker").isEqualTo(stages.get("archive")).contains("distroless", ":nonroot@");
    }

    private static List<String> starters() throws Exception {
        NodeList dependencies = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(Path.of("pom.xml").toFile())
            .getElementsByTagName("dependency");
        return IntStream.range(0, dependencies.getLength()).mapToObj(i -> (Element) dependencies.item(i))
            .filter(dependency -> dependency.getElementsByTagName("scope").getLength() == 0)
            .map(dependency -> dependency.getElementsByTagName("artifactId").item(0).getTextContent())
            .filter(name -> name.contains("-starter")).toList();
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
