package ecommerce.inventory.ports;

import java.io.IOException;

import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;

/** Answers what no handler has answered: a request that is not HTTP, an unknown path, a fault. Tomcat creates it by class name. */
public class ProblemReport extends ErrorReportValve {

    private static final Logger LOG = LoggerFactory.getLogger(ProblemReport.class);

    @Override
    protected void report(Request request, Response response, Throwable failure) {
        HttpStatus status = HttpStatus.resolve(response.getStatus());
        if (status == null || !status.isError() || response.getContentWritten() > 0 || !response.setErrorReported()) {
            return;
        }
        try {
            new Refusal(status, detail(status)).answer(response);
            response.finishResponse();
        } catch (IOException e) {
            LOG.debug("A client was gone before it was answered {}: {}", status, e.getMessage());
        }
    }

    private static String detail(HttpStatus status) {
        return switch (status) {
            case BAD_REQUEST -> "The request is not understood: its first line, a header or its path is malformed, or too long.";
            case NOT_FOUND -> "There is nothing at this path.";
            case METHOD_NOT_ALLOWED, NOT_IMPLEMENTED -> "This path does not support this method.";
            case NOT_ACCEPTABLE -> "This path has none of the content types that the request accepts.";
            case UNSUPPORTED_MEDIA_TYPE -> "This path does not accept this content type.";
            case SERVICE_UNAVAILABLE -> "The worker cannot answer at present. Try again.";
            default -> status.is5xxServerError() ? "The worker failed to answer this. Its log says why." : "The request is refused.";
        };
    }
}
