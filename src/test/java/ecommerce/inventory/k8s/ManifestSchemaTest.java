package ecommerce.inventory.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

/** All manifests are valid by the schemas of Kubernetes, Camel K, KEDA and the Prometheus Operator, which find mistakes. */
class ManifestSchemaTest {

    static final List<String> ALL = Stream.concat(Manifest.OVERLAYS.stream(), Stream.of("camel-k")).toList();

    @ParameterizedTest
    @FieldSource("ALL")
    void everyObjectIsValid(String overlay) {
        assertThat(Manifest.objects(overlay)).isNotEmpty().allSatisfy(object -> assertThat(ManifestSchema.problems(object)).as(Manifest.nameOf(object)).isEmpty());
    }

    @ParameterizedTest(name = "{1} {2} = {3}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        overlays/dev        | Integration         | /spec/traits/container/imagee                                  | "x"   | imagee
        overlays/dev        | Integration         | /spec/traits/helth                                             | {}    | helth
        overlays/dev        | Integration         | /spec/traits/deployment/progressDeadlineSeconds                | "10"  | progressDeadlineSeconds
        overlays/dev        | Integration         | /spec/traits/container/imagePullPolicy                         | "Now" | imagePullPolicy
        overlays/dev        | Integration         | /spec/template/spec/containers/0/securityContext/readOnlyRoot  | true  | readOnlyRoot
        overlays/dev        | Integration         | /spec/template/spec/volumes/0/configmap                        | {}    | configmap
        overlays/dev        | Integration         | /spec/replica                                                  | 1     | replica
        overlays/dev        | Integration         | /metadata/label                                                | {}    | label
        overlays/dev        | Integration         | /spec/template/spec/enableServiceLinks                         | false | enableServiceLinks
        camel-k             | IntegrationPlatform | /spec/build/registry/adress                                    | "x"   | adress
        overlays/deployment | Deployment          | /spec/template/spec/containers/0/imagee                        | "x"   | imagee
        overlays/deployment | Deployment          | /spec/template/spec/containers/0/livenessProbe/httpGet/portt   | 1     | portt
        overlays/deployment | Deployment          | /spec/template/spec/containers/0/env/0/value                   | 8080  | value
        overlays/deployment | Deployment          | /spec/template/spec/containers/0/ports/0/containerPort         | "http" | containerPort
        overlays/deployment | Deployment          | /spec/template/spec/securityContext/runAsNonRoot               | "yes" | runAsNonRoot
        overlays/prod       | Job                 | /spec/backofflimit                                             | 1     | backofflimit
        overlays/prod       | Service             | /spec/ports/0/targetport                                       | 1     | targetport
        overlays/prod       | PodDisruptionBudget | /spec/maxunavailable                                           | 1     | maxunavailable
        overlays/prod       | PodMonitor          | /spec/podMetricsEndpoints/0/intervall                          | "15s" | intervall
        overlays/prod       | PrometheusRule      | /spec/groups/0/rules/0/expression                              | "x"   | expression
        overlays/prod       | ScaledObject        | /spec/triggers/0/metadata/messageCount                         | 5     | messageCount
        overlays/prod       | ScaledObject        | /spec/minReplicas                                              | 1     | minReplicas
        overlays/prod       | TriggerAuthentication | /spec/podIdentity/provider                                   | "azur" | provider
        overlays/prod       | Job                 | /apiVersion                                                    | "v1"  | v1/Job is unknown
        """)
    void aMistakeIsNoticed(String overlay, String kind, String where, String value, String problem) throws IOException {
        JsonNode broken = Manifest.object(overlay, kind).deepCopy();
        assertThat(ManifestSchema.problems(broken)).isEmpty();
        JsonPointer pointer = JsonPointer.compile(where);
        JsonNode parent = broken.at(pointer.head());
        assertThat(parent).isInstanceOf(ObjectNode.class);

        ((ObjectNode) parent).set(pointer.last().getMatchingProperty(), new ObjectMapper().readTree(value));

        assertThat(ManifestSchema.problems(broken)).isNotEmpty().anyMatch(found -> found.contains(problem));
    }
}
