package ecommerce.inventory.k8s;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import org.springframework.core.io.ClassPathResource;

/**
 * The schemas of Kubernetes, Camel K, KEDA and the Prometheus Operator; those of custom resources are of released versions, which their
 * files in {@code crds} name. Unknown fields are refused, as by kubectl. Rules in CEL ({@code x-kubernetes-validations}) are not checked.
 */
final class ManifestSchema {

    private static final Map<String, Class<?>> MODELS = Map.of(
        "v1/ConfigMap", ConfigMap.class,
        "v1/Namespace", Namespace.class,
        "v1/Service", Service.class,
        "v1/ServiceAccount", ServiceAccount.class,
        "apps/v1/Deployment", Deployment.class,
        "batch/v1/Job", Job.class,
        "networking.k8s.io/v1/NetworkPolicy", NetworkPolicy.class,
        "policy/v1/PodDisruptionBudget", PodDisruptionBudget.class);

    private static final Map<String, JsonSchema> CUSTOM_RESOURCES = Map.of(
        "camel.apache.org/v1/Integration", schema("integration.json"),
        "camel.apache.org/v1/IntegrationPlatform", schema("integration-platform.json"),
        "keda.sh/v1alpha1/ScaledObject", schema("scaled-object.json"),
        "keda.sh/v1alpha1/TriggerAuthentication", schema("trigger-authentication.json"),
        "monitoring.coreos.com/v1/PodMonitor", schema("pod-monitor.json"),
        "monitoring.coreos.com/v1/PrometheusRule", schema("prometheus-rule.json"));

    private static final ObjectMapper STRICT = JsonMapper.builder()
        .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
        .withCoercionConfig(LogicalType.Textual, text -> Stream.of(CoercionInputShape.Integer, CoercionInputShape.Float,
            CoercionInputShape.Boolean).forEach(shape -> text.setCoercion(shape, CoercionAction.Fail)))
        // The models keep unknown fields in a map.
        .annotationIntrospector(new JacksonAnnotationIntrospector() {
            @Override
            public Boolean hasAnySetter(Annotated member) {
                return false;
            }
        }).build();

    private ManifestSchema() {
    }

    /** The errors of an object, with their places; empty if it is valid. */
    static List<String> problems(JsonNode object) {
        String type = object.path("apiVersion").asText() + "/" + object.path("kind").asText();
        if (MODELS.containsKey(type)) {
            return problems(object, MODELS.get(type));
        }
        if (CUSTOM_RESOURCES.containsKey(type)) {
            return Stream.concat(problems(object.path("metadata"), ObjectMeta.class).stream(),
                CUSTOM_RESOURCES.get(type).validate(object).stream().map(ValidationMessage::getMessage)).toList();
        }
        return List.of(type + " is unknown");
    }

    private static List<String> problems(JsonNode object, Class<?> model) {
        try {
            STRICT.treeToValue(object, model);
            return List.of();
        } catch (JsonMappingException e) {
            return List.of(e.getPathReference() + ": " + e.getOriginalMessage());
        } catch (JsonProcessingException e) {
            return List.of(e.getOriginalMessage());
        }
    }

    private static JsonSchema schema(String file) {
        try {
            JsonNode schema = new ObjectMapper().readTree(new ClassPathResource("crds/" + file).getInputStream());
            close(schema);
            return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(schema);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Refuses fields that a schema does not have. */
    private static void close(JsonNode schema) {
        if (schema.path("properties").isObject() && !schema.has("additionalProperties")
                && !schema.path("x-kubernetes-preserve-unknown-fields").asBoolean()) {
            ((ObjectNode) schema).put("additionalProperties", false);
        }
        schema.forEach(ManifestSchema::close);
    }
}
