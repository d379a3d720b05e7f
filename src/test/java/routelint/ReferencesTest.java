package routelint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;

import ecommerce.inventory.support.RouteTest;
import org.apache.camel.test.spring.junit5.UseAdviceWith;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.ApplicationContext;

/** The findings for missing beans, methods and classes. Our own routes have none. */
@RouteTest(routes = "**/*")
@UseAdviceWith
class ReferencesTest {

    @Autowired
    private ApplicationContext beans;

    @Test
    void ourRoutesNameWhatIsThere() {
        assertThat(References.check(Path.of(""), beans)).isEmpty();
    }

    @Test
    void whatIsNotThereIsTold(@TempDir Path root) {
        Project.write(root, "src/main/resources/routes/broken.camel.yaml", """
            - route:
                id: broken
                description: Names what is not there
                routeConfigurationId: until-next-time
                from:
                  id: in
                  description: In
                  uri: direct:broken
                  steps:
                    - process:
                        id: one
                        description: A bean
                        ref: normaliseMessage
                    - bean:
                        id: two
                        description: A method
                        ref: deadLetterQueues
                        method: lists
                    - idempotentConsumer:
                        id: three
                        description: A repository
                        idempotentRepository: inbok
                        simple: ${bean:stockStream?method=isListendTo}
                        steps:
                          - toD:
                              id: four
                              description: In a URI
                              uri: json-validator:x.json?errorHandler=#schemaViolation
                          - to:
                              id: five
                              description: As a parameter
                              uri: seda:x
                              parameters:
                                queue: "#bean:nothingLikeIt"
                          - throwException:
                              id: six
                              description: A class
                              exceptionType: ecommerce.inventory.NoSuchException
                              message: none
            """);

        assertThat(References.check(root, beans)).extracting(Finding::toString).containsExactly(
            "src/main/resources/routes/broken.camel.yaml:13: there is no bean normaliseMessage; did you mean normalizeMessage?",
            "src/main/resources/routes/broken.camel.yaml:18: bean deadLetterQueues has no method lists; did you mean list?",
            "src/main/resources/routes/broken.camel.yaml:22: there is no bean inbok; did you mean inbox?",
            "src/main/resources/routes/broken.camel.yaml:23: bean stockStream has no method isListendTo; did you mean isListenedTo?",
            "src/main/resources/routes/broken.camel.yaml:28: there is no bean schemaViolation; did you mean schemaViolations?",
            "src/main/resources/routes/broken.camel.yaml:34: there is no bean nothingLikeIt",
            "src/main/resources/routes/broken.camel.yaml:38: there is no class ecommerce.inventory.NoSuchException");
    }
}
