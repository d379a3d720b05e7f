package ecommerce.inventory.ports;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.servlet.http.HttpServletResponse;
import org.springframework.http.HttpStatus;

/**
 * An answer to a request that is not carried out, as {@code application/problem+json} (RFC 9457).
 *
 * @param detail what is wrong and what helps, for a person
 */
public record Refusal(HttpStatus status, String detail) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** @param response nothing was written to it yet */
    public void answer(HttpServletResponse response) throws IOException {
        response.setStatus(status.value());
        response.setContentType("application/problem+json");
        if (isTemporary()) {
            response.setHeader("Retry-After", "1");
        }
        byte[] body = body();
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }

    /** The whole answer for a client whose request was not read; the connection is closed after it. */
    byte[] bytes() {
        byte[] body = body();
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        answer.writeBytes(("HTTP/1.1 " + status.value() + " " + status.getReasonPhrase() + "\r\nContent-Type: application/problem+json\r\n"
            + "Content-Length: " + body.length + (isTemporary() ? "\r\nRetry-After: 1" : "") + "\r\nConnection: close\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII));
        answer.writeBytes(body);
        return answer.toByteArray();
    }

    private boolean isTemporary() {
        return status == HttpStatus.TOO_MANY_REQUESTS || status == HttpStatus.SERVICE_UNAVAILABLE;
    }

    private byte[] body() {
        Map<String, Object> problem = new LinkedHashMap<>();
        problem.put("title", status.getReasonPhrase());
        problem.put("status", status.value());
        problem.put("detail", detail);
        try {
            return JSON.writeValueAsBytes(problem);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
