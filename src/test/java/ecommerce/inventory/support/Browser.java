package ecommerce.inventory.support;

import java.io.File;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.logging.Level;
import java.util.stream.Stream;

import org.junit.jupiter.api.Assumptions;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** A Chromium in which a test opens a page. */
public final class Browser {

    private Browser() {
    }

    /**
     * Starts Chromium without a window. If it is not installed, the test is skipped.
     *
     * @param profile an empty directory
     */
    public static ChromeDriver start(Path profile) {
        Optional<File> chromium = onPath("chromium", "chromium-browser", "google-chrome");
        Optional<File> driver = onPath("chromedriver");
        Assumptions.assumeTrue(chromium.isPresent() && driver.isPresent(),
            "The page is not tested: there is no chromium and chromedriver on the PATH (Debian: apt-get install chromium chromium-driver)");
        LoggingPreferences console = new LoggingPreferences();
        console.enable(LogType.BROWSER, Level.ALL);
        ChromeOptions options = new ChromeOptions();
        options.setBinary(chromium.get());
        options.addArguments("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir=" + profile);
        options.setCapability(ChromeOptions.LOGGING_PREFS, console);
        ChromeDriver browser = new ChromeDriver(new ChromeDriverService.Builder().usingDriverExecutable(driver.get()).build(), options);
        ProcessHandle.current().children().filter(Browser::isDriver)
            .flatMap(process -> Stream.concat(Stream.of(process), process.children())).forEach(EndOfJvm::kills);
        return browser;
    }

    private static boolean isDriver(ProcessHandle process) {
        return process.info().command().filter(command -> command.contains("chromedriver")).isPresent();
    }

    private static Optional<File> onPath(String... names) {
        return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
            .flatMap(directory -> Stream.of(names).map(name -> new File(directory, name)))
            .filter(File::canExecute).findFirst();
    }
}
