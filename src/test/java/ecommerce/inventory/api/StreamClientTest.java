package ecommerce.inventory.api;

import static ecommerce.inventory.support.Shop.await;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.ServletResponse;
import org.junit.jupiter.api.Test;

/** Who has the response of a listener, and until when. */
class StreamClientTest {

    @Test
    void aResponseIsNotGivenBackWhileItIsWrittenTo() throws Exception {
        AsyncContext connection = mock();
        ServletResponse response = mock();
        ServletOutputStream out = mock();
        when(connection.getResponse()).thenReturn(response);
        when(response.getOutputStream()).thenReturn(out);
        CountDownLatch failing = new CountDownLatch(1);
        CountDownLatch failed = new CountDownLatch(1);
        doAnswer(flush -> {
            failing.countDown();
            failed.await();
            throw new IOException("Broken pipe");
        }).when(out).flush();
        StreamClient client = new StreamClient(connection, Duration.ofHours(1), ended -> { });

        client.start();
        failing.await();
        Thread webServer = new Thread(() -> client.onError(new AsyncEvent(connection)));
        webServer.start();
        await().until(() -> Set.of(Thread.State.WAITING, Thread.State.TERMINATED).contains(webServer.getState()));

        verify(connection, never()).complete();
        failed.countDown();
        webServer.join();
        verify(connection).complete();
    }
}
