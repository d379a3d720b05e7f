package ecommerce.inventory.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A self-signed certificate of a server.
 *
 * @param certificate PEM file
 * @param key         PEM file that only its owner can read
 */
public record Certificate(Path certificate, Path key, Path trustStore, KeyStore keys) {

    private static final String PASSWORD = "changeit";

    /** @param folder gets the files */
    public static Certificate selfSigned(String host, Path folder) throws IOException, InterruptedException, GeneralSecurityException {
        Path store = folder.resolve("server.p12");
        Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair", "-alias", "server",
            "-keyalg", "EC", "-dname", "CN=" + host, "-ext", "san=dns:" + host, "-validity", "2", "-storetype", "PKCS12",
            "-keystore", store.toString(), "-storepass", PASSWORD).inheritIO().start();
        if (keytool.waitFor() != 0) {
            throw new IllegalStateException("keytool ended with " + keytool.exitValue());
        }
        KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
        Path certificate = write(folder.resolve("server.crt"), "CERTIFICATE", keys.getCertificate("server").getEncoded());
        Path key = write(folder.resolve("server.key"), "PRIVATE KEY", keys.getKey("server", PASSWORD.toCharArray()).getEncoded());
        // The trust store contains the certificate without the key.
        keys.setCertificateEntry("trusted", keys.getCertificate("server"));
        try (var out = Files.newOutputStream(store)) {
            keys.store(out, PASSWORD.toCharArray());
        }
        return new Certificate(certificate, key, store, keys);
    }

    private static Path write(Path file, String type, byte[] content) throws IOException {
        // PostgreSQL refuses a key that other users can read.
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        return Files.writeString(file, "-----BEGIN " + type + "-----\n" + Base64.getMimeEncoder().encodeToString(content) + "\n-----END " + type + "-----\n");
    }

    /** Options of a JVM that trusts this certificate and no other. */
    public List<String> trusted() {
        return List.of("-Djavax.net.ssl.trustStore=" + trustStore, "-Djavax.net.ssl.trustStorePassword=" + PASSWORD);
    }

    /** For a server in this process. */
    public SSLContext server() throws GeneralSecurityException {
        KeyManagerFactory manager = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        manager.init(keys, PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(manager.getKeyManagers(), null, null);
        return context;
    }
}
