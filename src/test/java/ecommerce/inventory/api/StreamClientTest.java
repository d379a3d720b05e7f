package ecommerce.inventory.api;

import static ecommerce.inventory.support.Waiting.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.timeout;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.ServletResponse;
import org.junit.jupiter.api.Test;

/** How long a listener keeps its response, and how much is kept for a slow listener. */
class StreamClientTest {

    /** In milliseconds; far longer than any step takes. */
    private static final int PATIENCE = 60_000;

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

    @Test
    void aSlowListenerIsToldTheLatestOfAsManyProductsAsAreToldAtOnceAndCutOffWhenThereAreMore() throws Exception {
        AsyncContext connection = mock();
        ServletResponse response = mock();
        ServletOutputStream out = mock();
        when(connection.getResponse()).thenReturn(response);
        when(response.getOutputStream()).thenReturn(out);
        CountDownLatch begun = new CountDownLatch(1);
        Semaphore mayGoOn = new Semaphore(0);
        doAnswer(flush -> {
            begun.countDown();
            mayGoOn.acquire();
            return null;
        }).when(out).flush();
        StreamClient client = new StreamClient(connection, Duration.ofHours(1), ended -> { });
        client.start();
        begun.await();

        for (int change = 0; change < 2; change++) {
            for (int product = 1; product <= 5_000; product++) {
                client.offer("product-" + product, "state " + change);
            }
        }
        mayGoOn.release();
        verify(out, timeout(PATIENCE)).write(("event: stock\ndata: state 1\n\n").repeat(5_000).getBytes(StandardCharsets.UTF_8));
        verify(connection, never()).complete();

        for (int product = 1; product <= 5_001; product++) {
            client.offer("product-" + product, "state 2");
        }
        mayGoOn.release();
        verify(connection, timeout(PATIENCE)).complete();
        verify(out, times(2)).write(any(byte[].class));
    }
}
