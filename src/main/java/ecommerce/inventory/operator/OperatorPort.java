package ecommerce.inventory.operator;

import ecommerce.inventory.servicebus.ConsumerControl;
import ecommerce.inventory.settings.InventoryProperties;
import org.apache.camel.ProducerTemplate;
import org.springframework.boot.actuate.autoconfigure.endpoint.web.WebEndpointProperties;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;

/** Puts the operator's actions on the management port. A file in META-INF/spring names it, as Spring Boot requires for that port. */
class OperatorPort {

    /** Exists only if a token is configured. */
    @Bean
    @ConditionalOnProperty("inventory.operator.token")
    ServletRegistrationBean<OperatorServlet> operatorServlet(ProducerTemplate template, ConsumerControl consumers,
            InventoryProperties settings, WebEndpointProperties endpoints) {
        return new ServletRegistrationBean<>(new OperatorServlet(template, consumers, settings.operator().names()),
            endpoints.getBasePath() + "/operator/*");
    }
}
