package ecommerce.inventory.operator;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.Map;

import ecommerce.inventory.inbox.Failures;
import ecommerce.inventory.messaging.ConsumerControl;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.util.ObjectHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.http.HttpHeaders;
import org.springframework.lang.Nullable;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;

/**
 * What an operator can do, on the management port: {@code POST /actuator/operator/<action>} with the token as
 * {@code Authorization: Bearer} and a JSON object that says by whom ({@code by}) and why ({@code reason}). Answers 200 and
 * {@code {"result": …}}; 400, 401 or 500 and {@code {"error": …}}. Every use is logged.
 * <dl>
 * <dt>replay-dead-messages</dt><dd>messageId, or without it all</dd>
 * <dt>replay-dead-letters</dt><dd>source; sequenceNumber, or without it all</dd>
 * <dt>rebuild-summary</dt><dd>nothing more</dd>
 * <dt>pause-consumer, resume-consumer</dt><dd>source; of this instance, until it is started again</dd>
 * </dl>
 */
@WebEndpoint(id = "operator")
public class OperatorEndpoint {

    private static final Logger LOG = LoggerFactory.getLogger(OperatorEndpoint.class);

    private final ProducerTemplate template;
    private final ConsumerControl consumers;
    private final byte[] authorization;

    /** @param token who has it may do all of this */
    public OperatorEndpoint(ProducerTemplate template, ConsumerControl consumers, String token) {
        this.template = template;
        this.consumers = consumers;
        this.authorization = ("Bearer " + token).getBytes(StandardCharsets.UTF_8);
    }

    /** All parameters may be missing: the token is looked at first. */
    @WriteOperation
    public WebEndpointResponse<Map<String, Object>> act(@Selector String action, @Nullable String source,
            @Nullable String sequenceNumber, @Nullable String messageId, @Nullable String by, @Nullable String reason) {
        if (!isAuthorized()) {
            LOG.warn("An operator's request without the token was refused: {}", printable(action));
            return answer(401, "error", "Authorization: Bearer <token> is missing or wrong");
        }
        Map<String, Object> request = new HashMap<>();
        request.put("source", source);
        request.put("sequenceNumber", sequenceNumber);
        request.put("messageId", messageId);
        request.put("replayedBy", by);
        request.put("reason", reason);
        String what = printable(action + " " + request);
        try {
            requireText("by", by);
            requireText("reason", reason);
            LOG.info("Operator: {}", what);
            Object result = perform(action, request);
            LOG.info("Operator: {} is done: {}", what, result);
            return answer(200, "result", result);
        } catch (Exception e) {
            LOG.warn("Operator: {} failed: {}", what, printable(Failures.rootCause(e)));
            IllegalArgumentException wrong = ObjectHelper.getException(IllegalArgumentException.class, e);
            return wrong != null ? answer(400, "error", wrong.getMessage()) : answer(500, "error", Failures.rootCause(e));
        }
    }

    private Object perform(String action, Map<String, Object> request) throws Exception {
        String source = (String) request.get("source");
        return switch (action) {
            case "replay-dead-messages" -> {
                if (request.get("messageId") instanceof String id && !id.matches("\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}")) {
                    throw new IllegalArgumentException("messageId: '" + id + "' is no UUID");
                }
                yield template.requestBody("direct:replay-dead-messages", request);
            }
            case "replay-dead-letters" -> template.requestBody("direct:replay-dead-letters", request);
            case "rebuild-summary" -> template.requestBody("direct:rebuild-summary", (Object) null);
            case "pause-consumer" -> consumers.pause(source);
            case "resume-consumer" -> consumers.resume(source);
            default -> throw new IllegalArgumentException("'" + action + "' is no action; there are replay-dead-messages, "
                + "replay-dead-letters, rebuild-summary, pause-consumer and resume-consumer");
        };
    }

    private boolean isAuthorized() {
        String given = ((ServletRequestAttributes) RequestContextHolder.currentRequestAttributes()).getRequest()
            .getHeader(HttpHeaders.AUTHORIZATION);
        // Takes as long for a token that is nearly right.
        return given != null && MessageDigest.isEqual(authorization, given.getBytes(StandardCharsets.UTF_8));
    }

    private static void requireText(String field, String value) {
        if (value == null || value.isBlank()) {
            throw new IllegalArgumentException(field + ": is blank; it is kept who wanted it and why");
        }
    }

    private static WebEndpointResponse<Map<String, Object>> answer(int status, String name, Object value) {
        return new WebEndpointResponse<>(Map.of(name, value), status);
    }

    /** A request must not forge a line of the log. */
    private static String printable(String text) {
        return text.replaceAll("\\p{Cntrl}", "?");
    }
}
