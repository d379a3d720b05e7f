# The image of the worker: mvn package && docker build -t inventory-worker .
# Without a Docker daemon, the same image but for the archive of classes: mvn package jib:buildTar
#
# /app/resources holds routes/ and all else that is not a class: mount a directory over one of /app/resources/routes to run
# edited routes. The root file system may be read-only; /tmp is written to.
#
# Images are named by digest, so that each build has the same; renovate.json renews them, here and in pom.xml together.

# What the worker runs on; Jib takes the same (pom.xml).
FROM gcr.io/distroless/java17-debian12:nonroot@sha256:06484c2a9dcc9070aeafbc0fe752cb9f73bc0cea5c311f6a516e9010061998ad AS jvm

FROM eclipse-temurin:17-jdk@sha256:b64592d40959b4d13b218f6b06b9ab219ff8aa3dad61efd3b5f519ba4d72ef92 AS jar
WORKDIR /jar
COPY target/inventory-worker-*.jar worker.jar
# The class path in the order of the jar's index (that of a directory is any), in a file as Jib writes it. Directories come last: what is
# before them is in the archive of classes.
RUN jar xf worker.jar \
 && mkdir -p /app/resources/META-INF /app/classes \
 && mv BOOT-INF/lib /app/libs \
 && cd BOOT-INF/classes && find . -name '*.class' -exec cp --parents -t /app/classes {} + && find . -name '*.class' -delete \
 && cp -R . /app/resources && cp -R /jar/META-INF/sbom /jar/META-INF/spring* /app/resources/META-INF \
 && sed -n 's|^- "BOOT-INF/lib/\(.*\)"$|/app/libs/\1|p' /jar/BOOT-INF/classpath.idx | paste -sd : > /app/libs-classpath-file \
 && sed 's|$|:/app/resources:/app/classes|' /app/libs-classpath-file > /app/jib-classpath-file

# An archive of the libraries' classes (AppCDS), with which the worker starts in three quarters of the time. It is of one JVM: the worker's.
FROM jvm AS archive
# Who may write to /app.
USER root
COPY --from=jar /app/libs /app/libs
COPY --from=jar /app/libs-classpath-file /app/libs-classpath-file
COPY src/main/jvm/classes.lst /app/classes.lst
RUN ["java", "-XX:+UseParallelGC", "-Xlog:cds=error", "-Xshare:dump", "-XX:SharedClassListFile=/app/classes.lst", "-XX:SharedArchiveFile=/app/classes.jsa", "-cp", "@/app/libs-classpath-file"]

FROM jvm
WORKDIR /app
# What changes least comes first.
COPY --from=jar /app/libs /app/libs
COPY --from=archive /app/classes.jsa /app/classes.jsa
COPY --from=jar /app/jib-classpath-file /app/jib-classpath-file
COPY --from=jar /app/resources /app/resources
COPY --from=jar /app/classes /app/classes
USER 65532:65532
EXPOSE 8080 9876
ENTRYPOINT ["java", "-XX:MaxRAMPercentage=45", "-XX:+UseParallelGC", "-XX:+UseTransparentHugePages", "-XX:+ExitOnOutOfMemoryError", "-XX:SharedArchiveFile=/app/classes.jsa", "-cp", "@/app/jib-classpath-file", "ecommerce.inventory.InventoryWorker"]
