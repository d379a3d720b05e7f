# The image of the worker: mvn package && docker build -t inventory-worker .
#
# /app/resources holds routes, SQL and everything else that is not a class: mount a directory over a folder of /app/resources/routes to
# run edited routes. The root file system may be read-only; the worker writes to /tmp.
#
# Base images are named by digest, so that each build has the same; renovate.json renews them.

# What the worker runs on
FROM gcr.io/distroless/java17-debian12:nonroot@sha256:06484c2a9dcc9070aeafbc0fe752cb9f73bc0cea5c311f6a516e9010061998ad AS jvm

FROM eclipse-temurin:17-jdk@sha256:b64592d40959b4d13b218f6b06b9ab219ff8aa3dad61efd3b5f519ba4d72ef92 AS jar
WORKDIR /jar
COPY target/inventory-worker-*.jar worker.jar
# The libraries in the order of the jar's index, because a directory has no order. Directories come last: only what is before them can be
# in the archive of classes.
RUN jar xf worker.jar \
 && mkdir -p /app/resources/META-INF /app/classes \
 && mv BOOT-INF/lib /app/libs \
 && cd BOOT-INF/classes && find . -name '*.class' -exec cp --parents -t /app/classes {} + && find . -name '*.class' -delete \
 && cp -R . /app/resources && cp -R /jar/META-INF/sbom /jar/META-INF/spring* /app/resources/META-INF \
 && sed -n 's|^- "BOOT-INF/lib/\(.*\)"$|/app/libs/\1|p' /jar/BOOT-INF/classpath.idx | paste -sd : > /app/libs-classpath-file \
 && sed 's|$|:/app/resources:/app/classes|' /app/libs-classpath-file > /app/classpath-file

# Two training runs list the classes that a start loads. Neither has a database: the worker starts and finds none, the migration ends.
RUN java -XX:TieredStopAtLevel=1 -Xshare:off -XX:DumpLoadedClassList=/jar/worker.lst -cp @/app/classpath-file ecommerce.inventory.InventoryWorker --server.port=0 \
    --management.server.port=0 --spring.flyway.enabled=false --spring.datasource.url=jdbc:postgresql://localhost:1/none \
    '--inventory.servicebus.connection-string=Endpoint=sb://localhost;SharedAccessKeyName=none;SharedAccessKey=none;UseDevelopmentEmulator=true' \
    > worker.log & \
    until grep -q 'Started InventoryWorker' worker.log; do sleep 1; kill -0 $! || { cat worker.log; exit 1; }; done; sleep 5; kill $!; wait $! || true
RUN java -XX:TieredStopAtLevel=1 -Xshare:off -XX:DumpLoadedClassList=/jar/migration.lst -cp @/app/classpath-file ecommerce.inventory.MigrateDatabase \
    --spring.datasource.url=jdbc:postgresql://localhost:1/none > migration.log || true
# Without classes that are generated at run time: JDK 17 may crash when it archives them. And without the classes of multi-release jars:
# JDK 17 finds no bytes of either, and crashes, when the flight recorder or an agent asks for them.
RUN grep -aoh 'META-INF/versions/[0-9]*/[A-Za-z0-9_/$]*[.]class' /app/libs/*.jar | sed 's|META-INF/versions/[0-9]*/||; s|[.]class$||' > of-releases.lst \
 && cat worker.lst migration.lst | grep -v '^[@#]\|$Proxy\|^ecommerce/' | grep -vxFf of-releases.lst | sort -u > /app/classes.lst

# The archive of these classes (AppCDS), with which the worker starts in three quarters of the time. It fits one JVM only: the worker's.
FROM jvm AS archive
# Root may write to /app
USER root
COPY --from=jar /app/libs /app/libs
COPY --from=jar /app/libs-classpath-file /app/libs-classpath-file
COPY --from=jar /app/classes.lst /app/classes.lst
RUN ["java", "-XX:+UseParallelGC", "-Xlog:cds=error", "-Xshare:dump", "-XX:SharedClassListFile=/app/classes.lst", "-XX:SharedArchiveFile=/app/classes.jsa", "-cp", "@/app/libs-classpath-file"]

FROM jvm
WORKDIR /app
# What changes least comes first.
COPY --from=jar /app/libs /app/libs
COPY --from=archive /app/classes.jsa /app/classes.jsa
COPY --from=jar /app/classpath-file /app/classpath-file
COPY --from=jar /app/resources /app/resources
COPY --from=jar /app/classes /app/classes
USER 65532:65532
EXPOSE 8080 9876
ENTRYPOINT ["java", "-XX:MaxRAMPercentage=45", "-XX:+UseParallelGC", "-XX:+UseTransparentHugePages", "-XX:+ExitOnOutOfMemoryError", "-XX:SharedArchiveFile=/app/classes.jsa", "-cp", "@/app/classpath-file", "ecommerce.inventory.InventoryWorker"]
