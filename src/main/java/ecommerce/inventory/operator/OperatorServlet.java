package ecommerce.inventory.operator;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

import com.fasterxml.jackson.databind.ObjectMapper;
import ecommerce.inventory.failure.Failures;
import ecommerce.inventory.ports.Refusal;
import ecommerce.inventory.servicebus.ConsumerControl;
import ecommerce.inventory.text.UntrustedText;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.util.ObjectHelper;
import org.apache.commons.codec.digest.DigestUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;

/**
 * The operator's actions, on the management port: {@code POST /actuator/operator/<action>} with a token as {@code Authorization:
 * Bearer} and a JSON object with the name of the operator ({@code by}) and the {@code reason}. Answers 200 and {@code {"result": …}},
 * or a problem: 400, 401, 411, 415, 500, 503.
 * <dl>
 * <dt>replay-dead-messages</dt><dd>messageId, or {@code "all": true}</dd>
 * <dt>replay-dead-letters</dt><dd>source; sequenceNumber, or {@code "all": true}</dd>
 * <dt>rebuild-summary</dt><dd>no further field</dd>
 * <dt>pause-consumer, resume-consumer</dt><dd>source; in this instance, until its next start</dd>
 * <dt>erase</dt><dd>orderId, or customerId</dd>
 * </dl>
 * The token is checked before the body is read. Each action is written to table {@code operator_actions} before it is carried out; if
 * that fails, it is not carried out.
 */
public class OperatorServlet extends HttpServlet {

    private static final Logger LOG = LoggerFactory.getLogger(OperatorServlet.class);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final transient ProducerTemplate template;
    private final transient ConsumerControl consumers;
    /** Names of the operators by the Authorization that a request must have; null for a token without a name. */
    private final transient Map<byte[], String> names = new HashMap<>();

    /** @param names of the operators by their tokens; null for a token without a name */
    public OperatorServlet(ProducerTemplate template, ConsumerControl consumers, Map<String, String> names) {
        this.template = template;
        this.consumers = consumers;
        names.forEach((token, name) -> this.names.put(("Bearer " + token).getBytes(StandardCharsets.UTF_8), name));
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String path = UntrustedText.printable(Objects.toString(request.getPathInfo(), "/").substring(1));
        String authorization = String.valueOf(request.getHeader(HttpHeaders.AUTHORIZATION));
        Optional<Map.Entry<byte[], String>> operator = operator(authorization.getBytes(StandardCharsets.UTF_8));
        if (operator.isEmpty()) {
            LOG.warn("Operator: {} of {} is refused: it has no token, or a wrong one", path, request.getRemoteAddr());
            response.setHeader(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
            refuse(response, HttpStatus.UNAUTHORIZED, "Authorization: Bearer <token> is missing or wrong");
        } else if (request.getContentLengthLong() < 0) {
            refuse(response, HttpStatus.LENGTH_REQUIRED, "Content-Length: is missing");
        } else if (!MediaType.APPLICATION_JSON_VALUE.equals(String.valueOf(request.getContentType()).split(";")[0].strip())) {
            refuse(response, HttpStatus.UNSUPPORTED_MEDIA_TYPE, "Content-Type: is not application/json");
        } else if (OperatorAction.of(path).isEmpty()) {
            refuse(response, HttpStatus.BAD_REQUEST, "'" + path + "' is not an action; there are " + OperatorAction.all());
        } else {
            act(OperatorAction.of(path).get(), operator.get().getValue(), request, response);
        }
    }

    /** In constant time: the time must not show how much of a token is right. */
    private Optional<Map.Entry<byte[], String>> operator(byte[] authorization) {
        return names.entrySet().stream().filter(one -> MessageDigest.isEqual(one.getKey(), authorization)).findFirst();
    }

    private void act(OperatorAction action, String name, HttpServletRequest http, HttpServletResponse response) throws IOException {
        OperatorRequest request;
        try {
            request = OperatorRequest.read(action, http.getInputStream(), name);
        } catch (IllegalArgumentException e) {
            LOG.warn("Operator: {} of {} is refused: {}", action.path(), http.getRemoteAddr(), UntrustedText.printable(e.getMessage()));
            refuse(response, HttpStatus.BAD_REQUEST, e.getMessage());
            return;
        }
        // Without the request timeout of the port: a replay may take long.
        AsyncContext waiting = http.startAsync();
        waiting.setTimeout(0);
        String client = http.getRemoteAddr();
        waiting.start(() -> {
            try {
                act(request, client, response);
            } catch (IOException e) {
                LOG.warn("Operator: the answer to {} of {} was not received: {}", action.path(), client, e.getMessage());
            } finally {
                waiting.complete();
            }
        });
    }

    private void act(OperatorRequest request, String client, HttpServletResponse response) throws IOException {
        String what = UntrustedText.printable(request.action().path() + " of " + client + " by " + request.by() + " for " + request.reason() + " "
            + onRecord(request));
        Object result;
        try {
            LOG.info("Operator: {}", what);
            record(request, client);
            result = perform(request);
        } catch (Exception e) {
            LOG.warn("Operator: {} failed: {}", what, UntrustedText.printable(Failures.rootCause(e)));
            IllegalArgumentException wrong = ObjectHelper.getException(IllegalArgumentException.class, e);
            refuse(response, wrong != null ? HttpStatus.BAD_REQUEST
                : Failures.databaseUnavailable(e) ? HttpStatus.SERVICE_UNAVAILABLE : HttpStatus.INTERNAL_SERVER_ERROR,
                wrong != null ? wrong.getMessage() : Failures.rootCause(e));
            return;
        }
        LOG.info("Operator: {} is done: {}", what, UntrustedText.printable(String.valueOf(result)));
        response.setContentType(MediaType.APPLICATION_JSON_VALUE);
        response.getOutputStream().write(JSON.writeValueAsBytes(Map.of("result", result)));
    }

    private void record(OperatorRequest request, String client) throws IOException {
        template.requestBody("direct:log-operator-action", Map.of("action", request.action().path(), "parameters",
            JSON.writeValueAsString(onRecord(request)), "by", request.by(), "reason", request.reason(), "client", client));
    }

    /** An erased order or customer is recorded as a hash, which can be compared but not read. */
    private static Map<String, String> onRecord(OperatorRequest request) {
        if (request.action() != OperatorAction.ERASE) {
            return request.parameters();
        }
        Map<String, String> hashed = new TreeMap<>();
        request.parameters().forEach((field, value) -> hashed.put(field, "sha256:" + DigestUtils.sha256Hex(value)));
        return hashed;
    }

    private Object perform(OperatorRequest request) throws Exception {
        Map<String, Object> parameters = new HashMap<>(request.parameters());
        parameters.put("replayedBy", request.by());
        parameters.put("by", request.by());
        parameters.put("reason", request.reason());
        for (String field : List.of("messageId", "sequenceNumber", "orderId", "customerId")) {
            parameters.putIfAbsent(field, null);
        }
        String source = request.parameters().get("source");
        return switch (request.action()) {
            case PAUSE_CONSUMER -> consumers.pause(source);
            case RESUME_CONSUMER -> consumers.resume(source);
            default -> template.requestBody("direct:" + request.action().path(), parameters);
        };
    }

    private static void refuse(HttpServletResponse response, HttpStatus status, String detail) throws IOException {
        new Refusal(status, detail).answer(response);
    }
}
