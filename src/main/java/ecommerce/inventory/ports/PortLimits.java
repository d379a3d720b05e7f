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

/** Limits a port. The management port has its own web server, in its own application context. */
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
            // Not decoded, as it would become part of the path; not refused, as RequestLimits refuses it outside of an id.
            connector.setEncodedSolidusHandling(EncodedSolidusHandling.PASS_THROUGH.getValue());
            connector.setEncodedReverseSolidusHandling(EncodedSolidusHandling.PASS_THROUGH.getValue());
        });
        port.addEngineValves(new SecurityHeaders(), new RequestLimits(settings.api(), availability));
        port.addContextCustomizers(context -> ((StandardHost) context.getParent()).setErrorReportValveClass(ProblemReport.class.getName()));
    }

    /** A file in META-INF/spring names it, as Spring Boot requires for beans of the management port. */
    static class OfManagement {

        /** A port that serves both is already limited. */
        @Bean
        @ConditionalOnMissingBean(search = SearchStrategy.CURRENT)
        PortLimits portLimits(InventoryProperties settings, ServerProperties server, ApplicationAvailability availability) {
            return new PortLimits(settings, server, availability);
        }
    }
}
