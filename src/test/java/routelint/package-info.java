/**
 * Checks of the route files that need no running route: the structure by Camel's schema, endpoints and their options by Camel's catalog,
 * calls between routes, the parameters of SQL, settings, the beans that are named, descriptions, and the coverage by route tests. A
 * finding names file, line, cause and, where there is one, the likely correction. The checks run in {@code mvn test}, as
 * {@link routelint.RouteChecksTest} and {@link routelint.ReferencesTest}, and when a file is saved under {@code mvn spring-boot:test-run}.
 * {@link routelint.RoutePictureTest} writes {@code docs/routes.md} with {@code -Dupdate}.
 */
package routelint;
