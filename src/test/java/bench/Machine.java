package bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

import com.sun.management.OperatingSystemMXBean;

/** Describes the machine of the benchmark. */
final class Machine {

    private Machine() {
    }

    static String describe() throws IOException {
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return system.getAvailableProcessors() + " cores (" + processor() + "), " + (system.getTotalMemorySize() >> 30) + " GiB, "
            + system.getName() + " " + system.getArch() + ", JDK " + Runtime.version();
    }

    private static String processor() throws IOException {
        Path information = Path.of("/proc/cpuinfo");
        if (!Files.exists(information)) {
            return "unknown model";
        }
        return Files.readAllLines(information).stream().filter(line -> line.startsWith("model name"))
            .map(line -> line.substring(line.indexOf(':') + 1).strip()).findFirst().orElse("unknown model");
    }
}
