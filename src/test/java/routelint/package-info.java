/**
 * Checks of the route files that need no running route: the structure by Camel's schema, endpoints and their options by Camel's catalog,
 * calls between routes, the use of SQL files, settings, named beans, ids, descriptions, and the coverage by route tests. A
 * finding names file, line, cause and, where there is one, the likely correction. The checks run in {@code mvn test}, as
 * {@link routelint.RouteChecksTest} and {@link routelint.ReferencesTest}, and after all tests of {@code mvn verify}, as
 * {@link routelint.RouteCoverageIT}. {@link routelint.RoutePictureTest} writes {@code docs/routes.md} with {@code -Dupdate}.
 */
package routelint;
