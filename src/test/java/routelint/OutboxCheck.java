package routelint;

import java.util.ArrayList;
import java.util.List;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ecommerce.inventory.inbox.SchemaFile;

/** Checks the steps that write an event, {@code to: outbox:<type>}: the event has a schema, and that names the key of the event. */
final class OutboxCheck {

    static final String SCHEME = "outbox";
    private static final String CONTRACTS = "src/main/resources/contracts/out/";

    private OutboxCheck() {
    }

    static List<Finding> check(RouteFiles files, List<Endpoint> endpoints) {
        List<Finding> findings = new ArrayList<>();
        for (Endpoint endpoint : endpoints) {
            if (endpoint.scheme().equals(SCHEME)) {
                String file = CONTRACTS + endpoint.path() + ".schema.json";
                endpoint.parameters().keySet().forEach(name -> findings.add(endpoint.finding(name, SCHEME + " has no option " + name
                    + ": the fields of an event are variables, or fields of the message that is handled")));
                if (endpoint.consumer()) {
                    findings.add(endpoint.finding("nothing can be received from " + SCHEME));
                } else if (!files.exists(file)) {
                    findings.add(endpoint.finding("there is no " + file + ", the schema of the event" + Suggestion.of(files.list(CONTRACTS)
                        .map(known -> known.substring(CONTRACTS.length()).replace(".schema.json", "")).toList(), endpoint.path())));
                } else if (!namesItsKey(files.text(file))) {
                    findings.add(new Finding(file, 1, "x-partition-key has to name a required field, such as orderId; events with the same "
                        + "value are published in their order"));
                }
            }
        }
        return findings;
    }

    private static boolean namesItsKey(String text) {
        try {
            JsonNode schema = new ObjectMapper().readTree(text);
            return SchemaFile.requires(schema, schema.path(SchemaFile.PARTITION_KEY).asText());
        } catch (JsonProcessingException e) {
            // AsyncApiTest reports it.
            return true;
        }
    }
}
