package ecommerce.inventory.ports;

import ecommerce.inventory.settings.InventoryProperties;
import org.apache.catalina.core.StandardHost;
import org.apache.tomcat.util.buf.EncodedSolidusHandling;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.SearchStrategy;
import org.springframework.boot.autoconfigure.web.ServerProperties;
import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.web.embedded.tomcat.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;

/** Limits a port. The port of management has a web server of its own, which is made in a context of its own. */
public class PortLimits implements WebServerFactoryCustomizer<TomcatServletWebServerFactory> {

    private final InventoryProperties settings;
    private final ServerProperties server;
    private final ApplicationAvailability availability;

    public PortLimits(InventoryProperties settings, ServerProperties server, ApplicationAvailability availability) {
        this.settings = settings;
        this.server = server;
        this.availability = availability;
    }

    @Override
    public void customize(TomcatServletWebServerFactory port) {
        port.setProtocol(LimitedProtocol.class.getName());
        port.addConnectorCustomizers(connector -> {
            ((LimitedProtocol) connector.getProtocolHandler())
                .limit(server.getTomcat().getMaxConnections(), server.getTomcat().getConnectionTimeout());
            // Neither decoded, by which it would become part of the path, nor refused, as RequestLimits does that where no id is.
            connector.setEncodedSolidusHandling(EncodedSolidusHandling.PASS_THROUGH.getValue());
            connector.setEncodedReverseSolidusHandling(EncodedSolidusHandling.PASS_THROUGH.getValue());
        });
        port.addEngineValves(new SecurityHeaders(), new RequestLimits(settings.api(), availability));
        port.addContextCustomizers(context -> ((StandardHost) context.getParent()).setErrorReportValveClass(ProblemReport.class.getName()));
    }

    /** Named in META-INF/spring, where Spring Boot looks for what belongs to the port of management. */
    static class OfManagement {

        /** If there is one port for both, it is limited already. */
        @Bean
        @ConditionalOnMissingBean(search = SearchStrategy.CURRENT)
        PortLimits portLimits(InventoryProperties settings, ServerProperties server, ApplicationAvailability availability) {
            return new PortLimits(settings, server, availability);
        }
    }
}
