package ecommerce.inventory.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An overlay outside of the project, on top of ours, with its own image, names and values. */
class OwnOverlayTest {

    static final List<String> OVERLAYS = Manifest.OVERLAYS;
    private static final String IMAGE = "registry.example.com/shop/inventory-worker";
    private static final String DIGEST = "sha256:" + "0123456789abcdef".repeat(4);
    /** A version of Maven, a version that no label may have, a registry with a port, and digests. */
    static final List<String> IMAGES = List.of(IMAGE + ":1.0.0-SNAPSHOT", IMAGE + ":2026_07_01.Abc", "localhost:5000/shop/inventory-worker:2.0.0",
        IMAGE + "@" + DIGEST, "localhost:5000/shop/inventory-worker:2.0.0@" + DIGEST);
    /** A label (RFC 1123), as names of Jobs have to be. */
    private static final String LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";
    private static final String VALUES = """
        WORKER_CLIENT_ID=11111111-0000-4000-8000-000000000000
        SCALER_CLIENT_ID=22222222-0000-4000-8000-000000000000
        MIGRATION_CLIENT_ID=33333333-0000-4000-8000-000000000000
        SERVICEBUS_NAMESPACE=store
        SERVICEBUS_HOST=store.servicebus.example.net
        DATABASE_URL=jdbc:postgresql://db.example.net:5432/store?ssl=true&a=b
        """;

    @TempDir
    private Path directory;

    @ParameterizedTest
    @FieldSource("IMAGES")
    void everyReferenceToAnImageMakesAJobOfItsOwn(String image) throws IOException {
        for (String ours : OVERLAYS) {
            String overlay = overlay("image-" + ours.replace('/', '-'), ours, image(image));

            assertThat(Manifest.objects(overlay).stream().flatMap(object -> object.findValuesAsText("image").stream())).hasSize(3).containsOnly(image);
            assertThat(job(overlay)).matches(LABEL).isNotEqualTo(job(ours));
            assertThat(Manifest.objects(overlay)).allSatisfy(object -> assertThat(ManifestSchema.problems(object)).as(Manifest.nameOf(object)).isEmpty());
        }
    }

    @Test
    void theJobStaysTheSameUntilTheImageOrTheDatabaseChanges() throws IOException {
        String first = overlay("first", "overlays/prod", image(IMAGE + ":2.0.0"));
        String setting = overlay("setting", "overlays/prod", image(IMAGE + ":2.0.0") + """
            generatorOptions: {immutable: true}
            configMapGenerator:
              - {name: inventory-worker-settings, behavior: merge, literals: [INVENTORY_RESERVATION_TTL=PT20M]}
            """);
        String image = overlay("later", "overlays/prod", image(IMAGE + ":2.0.1"));
        String database = values("database", "overlays/prod", "DATABASE_URL=jdbc:postgresql://db.example.net/store\n", image(IMAGE + ":2.0.0"));

        assertThat(Manifest.environment(setting)).containsEntry("INVENTORY_RESERVATION_TTL", "PT20M");
        assertThat(job(setting)).isEqualTo(job(first));
        assertThat(Stream.of(first, image, database).map(OwnOverlayTest::job)).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void otherNamesNamespaceAndLabelsReachEveryObjectAndEveryReference(String ours) throws IOException {
        String overlay = overlay("names", ours, "namePrefix: eu-\nnameSuffix: -a\nnamespace: store\nlabels: [{pairs: {team: stock}}]\n");
        List<JsonNode> objects = Manifest.objects(overlay);
        Set<String> names = objects.stream().map(Manifest::nameOf).collect(Collectors.toSet());

        assertThat(objects).hasSameSizeAs(Manifest.objects(ours)).allSatisfy(object -> {
            assertThat(object.at("/metadata/name").textValue()).startsWith("eu-").contains("-a");
            assertThat(object.at("/metadata/namespace").textValue()).isEqualTo("store");
            assertThat(object.at("/metadata/labels/team").textValue()).isEqualTo("stock");
            object.findValuesAsText("serviceAccountName").forEach(name -> assertThat(names).contains("ServiceAccount " + name));
            object.findValues("configMap").forEach(map -> assertThat(names).contains("ConfigMap " + map.get("name").textValue()));
            object.findValues("configMapRef").forEach(map -> assertThat(names).contains("ConfigMap " + map.get("name").textValue()));
            object.findValues("scaleTargetRef").forEach(target -> assertThat(names).contains(target.get("kind").textValue() + " " + target.get("name").textValue()));
            object.findValues("authenticationRef").forEach(reference ->
                assertThat(names).contains("TriggerAuthentication " + reference.get("name").textValue()));
            assertThat(object.findValues("podSelector").toString() + object.findValues("matchLabels")).doesNotContain("stock");
        });
        assertThat(job(overlay)).matches(LABEL);
        assertThat(Manifest.secretFiles(Manifest.pod(overlay)).values()).as("secrets are made by hand").containsAll(
            Manifest.secretFiles(Manifest.pod(ours)).values());
    }

    /** The file that the deployment in Azure writes; {@code k8s/installation/installation.env} is one of these. */
    @ParameterizedTest
    @ValueSource(strings = {"overlays/prod", "overlays/deployment"})
    void theValuesOfAnInstallationReachTheirPlaces(String ours) throws IOException {
        String overlay = values("installation", ours, VALUES, "namePrefix: eu-\n");

        assertThat(Manifest.objects(overlay).toString()).doesNotContain("00000000-0000-0000-0000-", "shop.servicebus", "shop.postgres", "\"namespace\":\"shop\"");
        assertThat(Manifest.objects(overlay, "ServiceAccount").map(account -> account.at("/metadata/name").textValue() + " "
            + account.at("/metadata/annotations/azure.workload.identity~1client-id").textValue())).containsExactlyInAnyOrder(
                "eu-inventory-worker 11111111-0000-4000-8000-000000000000", "eu-inventory-worker-migration 33333333-0000-4000-8000-000000000000");
        assertThat(Manifest.object(overlay, "TriggerAuthentication").at("/spec/podIdentity/identityId").textValue())
            .isEqualTo("22222222-0000-4000-8000-000000000000");
        assertThat(Manifest.object(overlay, "ScaledObject").at("/spec/triggers")).hasSize(3)
            .allMatch(trigger -> trigger.at("/metadata/namespace").textValue().equals("store"));
        assertThat(Manifest.environment(overlay)).containsEntry("INVENTORY_SERVICEBUS_NAMESPACE", "store.servicebus.example.net")
            .containsEntry("SPRING_DATASOURCE_URL", "jdbc:postgresql://db.example.net:5432/store?ssl=true&a=b");
        assertThat(Manifest.variables(Manifest.object(overlay, "Job").at("/spec/template/spec/containers/0/env")))
            .containsEntry("SPRING_DATASOURCE_URL", "jdbc:postgresql://db.example.net:5432/store?ssl=true&a=b");
        assertThat(Files.readAllLines(Manifest.ROOT.resolve("installation/installation.env")).stream().filter(line -> !line.startsWith("#"))
            .map(line -> line.replaceFirst("=.*", "="))).as("the values that the file has")
            .containsExactlyElementsOf(VALUES.lines().map(line -> line.replaceFirst("=.*", "=")).toList());
    }

    /** The example has its installation's values, the image and a setting; the patch names the Secret of a registry. */
    @Test
    void theOverlayOfTheInstructionsWorks() throws IOException {
        Files.writeString(Files.createDirectory(directory.resolve("instructions")).resolve("installation.env"), VALUES);
        String overlay = directory.resolve("instructions").toRealPath().toString();
        Files.writeString(directory.resolve("instructions/kustomization.yaml"), (example("resources:") + example("patches:"))
            .replace("https://<git server>/inventory-worker//k8s", fromOverlay("instructions").toString()).replace("?ref=<tag>", "")
            .replace("<registry>", "localhost:5000").replace("<secret>", "registry"));

        assertThat(Manifest.objects(overlay).toString()).contains("localhost:5000/inventory-worker:1.0.0", "store.servicebus.example.net")
            .doesNotContain("00000000-0000-0000-0000-", IMAGE);
        assertThat(Manifest.environment(overlay)).containsEntry("INVENTORY_RESERVATION_TTL", "PT20M");
        assertThat(Manifest.objects(overlay, "ServiceAccount")).hasSize(2)
            .allMatch(account -> account.at("/imagePullSecrets/0/name").asText().equals("registry"));
        assertThat(Manifest.objects(overlay)).allSatisfy(object -> assertThat(ManifestSchema.problems(object)).as(Manifest.nameOf(object)).isEmpty());
    }

    /** The operator looks for the label on the Deployment and on its pods. */
    @Test
    void camelKImportsTheDeployment() throws IOException {
        String overlay = overlay("import", "overlays/deployment", "components: [%s/camel-k/import]\n".formatted(fromOverlay("import")));
        JsonNode deployment = Manifest.object(overlay, "Deployment");

        assertThat(Stream.of("/metadata/labels", "/spec/template/metadata/labels")
            .map(labels -> deployment.at(labels + "/camel.apache.org~1integration").asText())).containsOnly("inventory-worker");
        assertThat(deployment.at("/spec/selector")).isEqualTo(Manifest.object("overlays/deployment", "Deployment").at("/spec/selector"));
    }

    /** @return the block of {@code docs/deploy.md} that begins with this line */
    private static String example(String line) throws IOException {
        Matcher block = Pattern.compile("^    " + line + "\n(    .*\n)+", Pattern.MULTILINE).matcher(Files.readString(Path.of("docs", "deploy.md")));
        assertThat(block.find()).as(line).isTrue();
        return block.group().stripIndent();
    }

    private static String job(String overlay) {
        return Manifest.object(overlay, "Job").at("/metadata/name").textValue();
    }

    /** As {@code kustomize edit set image} writes it. */
    private static String image(String reference) {
        String tagged = reference.replaceFirst("@.*", "");
        boolean tag = tagged.lastIndexOf(':') > tagged.lastIndexOf('/');
        return "images:\n  - name: " + IMAGE + "\n    newName: " + (tag ? tagged.substring(0, tagged.lastIndexOf(':')) : tagged) + "\n"
            + (tag ? "    newTag: " + tagged.substring(tagged.lastIndexOf(':') + 1) + "\n" : "")
            + (reference.contains("@") ? "    digest: " + reference.replaceFirst(".*@", "") + "\n" : "");
    }

    private String values(String name, String ours, String values, String more) throws IOException {
        Files.writeString(Files.createDirectory(directory.resolve(name)).resolve("installation.env"), values);
        return overlay(name, ours, more + """
            components: [%s/installation/values]
            configMapGenerator:
              - {name: inventory-worker-installation, behavior: merge, envs: [installation.env]}
            """.formatted(fromOverlay(name)));
    }

    /** @return the directory of a new overlay on top of one of ours */
    private String overlay(String name, String ours, String more) throws IOException {
        Path overlay = Files.createDirectories(directory.resolve(name));
        Files.writeString(overlay.resolve("kustomization.yaml"), "kind: Kustomization\nresources: [%s/%s]\n%s".formatted(fromOverlay(name), ours, more));
        return overlay.toRealPath().toString();
    }

    private Path fromOverlay(String name) throws IOException {
        return directory.toRealPath().resolve(name).relativize(Manifest.ROOT.toRealPath());
    }
}
