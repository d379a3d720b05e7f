package ecommerce.inventory.operator;

import ecommerce.inventory.servicebus.ConsumerControl;
import ecommerce.inventory.settings.InventoryProperties;
import org.apache.camel.ProducerTemplate;
import org.springframework.boot.actuate.autoconfigure.endpoint.web.WebEndpointProperties;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;

/** Puts the operator's actions on the port of management. Named in META-INF/spring, where Spring Boot looks for what belongs there. */
class OperatorPort {

    /** Off, that is not there, unless a token is set. */
    @Bean
    @ConditionalOnProperty("inventory.operator.token")
    ServletRegistrationBean<OperatorServlet> operatorServlet(ProducerTemplate template, ConsumerControl consumers,
            InventoryProperties settings, WebEndpointProperties endpoints) {
        return new ServletRegistrationBean<>(new OperatorServlet(template, consumers, settings.operator().names()),
            endpoints.getBasePath() + "/operator/*");
    }
}
