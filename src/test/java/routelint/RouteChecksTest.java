package routelint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The findings for mistakes in routes. Our own routes have none. Needs neither Spring nor a database. */
class RouteChecksTest {

    private static final String FOLDER = "src/main/resources/";
    private static final String FILE = FOLDER + "routes/shop/tried.camel.yaml";
    /** Its steps begin in line 9. */
    private static final String ROUTE = """
        - route:
            id: tried
            description: A route
            from:
              id: clock
              description: Its time
              uri: timer:clock
              steps:
        """;

    @TempDir
    private Path root;

    @Test
    void ourRoutesHaveNoMistake() {
        assertThat(RouteChecks.check(Path.of(""))).isEmpty();
    }

    @Test
    void whatIsRightIsNotTold() {
        write("application.yaml", "shop: {topic: orders, calls: 2}\n");
        write("routes/shop/used.sql", "-- A statement: of :#one parameter\nSELECT :#two\n");
        steps("""
            - to:
                id: send
                description: With a setting, a bean and an expression
                uri: azure-servicebus:{{shop.topic}}?serviceBusType=topic&senderClient=#sender&producerOperation=sendMessages
            - to:
                id: ask
                description: With a limit
                uri: sql:classpath:routes/shop/used.sql
                parameters:
                  template.queryTimeout: "{{shop.calls}}"
            - choice:
                id: either
                description: Branches
                when:
                  - id: one
                    description: A branch
                    simple: ${body} == 1
                    steps:
                      - setBody: {id: set, description: A body, simple: {expression: "${body[a]}", trim: true}}
                otherwise:
                  id: other
                  description: The other branch
                  steps:
                    - stop: {id: end, description: The end}
            """);

        assertFindings();
    }

    @Test
    void whatIsNoYaml() {
        write("routes/shop/tried.camel.yaml", "- route:\n    id: [a\n    description: b\n");

        assertFindings(FILE + ":3: is not YAML: expected ',' or ']', but got :");
    }

    @Test
    void aKeyThatIsThereTwice() {
        write("routes/shop/tried.camel.yaml", "- route:\n    id: a\n    id: b\n");

        assertFindings(FILE + ":3: is not YAML: found duplicate key id");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        - fliter: {id: a, description: b}                                     | there is no fliter in steps; did you mean filter?
        - to: {id: a, descripton: b, description: c, uri: 'log:x'}            | there is no descripton in to; did you mean description?
        - setBody: {id: a, description: b, simple: {expression: c, trimm: 1}} | there is no trimm in simple; did you mean trim?
        - to: {id: a, description: b}                                         | to: required property 'uri' not found
        - log: {id: a, description: b, message: {c: d}}                       | message: object found, string expected
        - log: {id: a, description: b, message: c, loggingLevel: WARNING}     | loggingLevel: does not have a value in the enumeration ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "OFF"]
        """)
    void whatTheSchemaDoesNotKnow(String step, String finding) {
        steps(step);

        assertFindings(FILE + ":9: " + finding);
    }

    @Test
    void aMisspeltKeyInABranch() {
        steps("""
            - choice:
                id: either
                description: Branches
                when:
                  - id: one
                    description: A branch
                    simpel: ${body} == 1
                    steps:
                      - stop: {id: end, description: The end}
            """);

        assertFindings(FILE + ":15: there is no simpel in when; did you mean simple?");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        qartz:x                                                            | there is no component qartz; did you mean quartz?
        kafka:orders                                                       | component kafka is not in the build: pom.xml needs camel-kafka-starter
        azure-servicebus:a?serviceBusTyp=topic                             | azure-servicebus has no option serviceBusTyp; did you mean serviceBusType?
        azure-servicebus:a?serviceBusType=topics                           | serviceBusType is 'topics' and should be one of queue, topic
        azure-servicebus:a?binary=maybe                                    | binary is 'maybe' and should be true or false
        azure-servicebus:a?maxConcurrentCalls=2                            | azure-servicebus has option maxConcurrentCalls for receiving only
        sql:classpath:routes/shop/used.sql?fetchSize=one                           | fetchSize is 'one' and should be an integer
        sql:classpath:routes/shop/used.sql?outputType=SelectOnce                   | outputType is 'SelectOnce' and should be one of SelectOne, SelectList, StreamList
        sql:classpath:routes/shop/used.sql?dataSource=mine                         | dataSource is 'mine' and should be a # and the name of a bean
        seda:called?timeout=soon                                           | timeout is 'soon' and should be a duration, such as 5000, 5s or 1m30s
        log:?showBody=true                                                 | log needs loggerName
        'log:'                                                             | 'log:' is not a URI of log: Expected scheme-specific part at index 4: log:
        """)
    void whatTheCatalogDoesNotKnow(String uri, String finding) {
        write("routes/shop/used.sql", "SELECT :#one\n");
        write("routes/shop/others.camel.yaml", """
            - route:
                id: others
                description: What is used otherwise
                from:
                  id: called
                  description: By nobody else
                  uri: seda:called
                  steps:
                    - to: {id: used, description: A statement, uri: 'sql:classpath:routes/shop/used.sql'}
                    - to: {id: itself, description: Calls itself, uri: 'seda:called'}
            """);
        steps("- to: {id: a, description: b, uri: '%s'}".formatted(uri));

        assertThat(RouteChecks.check(root)).extracting(Finding::toString).contains(FILE + ":9: " + finding)
            .allMatch(text -> text.startsWith(FILE + ":9: "));
    }

    @Test
    void aParameterThatTheCatalogDoesNotKnowIsToldWithItsLine() {
        write("application.yaml", "calls: many\n");
        write("routes/shop/tried.camel.yaml", """
            - route:
                id: tried
                description: A route
                from:
                  id: in
                  description: In
                  uri: azure-servicebus:orders
                  parameters:
                    subscriptionNam: inventory
                    maxConcurrentCalls: "{{calls}}"
                    sessionId: a
                  steps:
                    - stop: {id: end, description: The end}
            """);

        assertFindings(FILE + ":9: azure-servicebus has no option subscriptionNam; did you mean subscriptionName?",
            FILE + ":10: maxConcurrentCalls is 'many' and should be an integer",
            FILE + ":11: azure-servicebus has option sessionId for sending only");
    }

    @Test
    void everyStepThatNamesAnEndpointIsLookedAt() {
        steps("""
            - toD: {id: a, description: b, uri: 'log:${body}?showBdy=true'}
            - wireTap: {id: c, description: d, uri: 'log:x?showBdy=true'}
            - poll: {id: e, description: f, uri: 'timer:x?perod=1'}
            - enrich: {id: g, description: h, constant: 'log:x?showBdy=true'}
            - pollEnrich: {id: i, description: j, simple: {expression: 'timer:x?perod=1'}}
            - recipientList: {id: k, description: l, constant: 'log:x, log:y?showBdy=true'}
            - to: log:x?showBdy=true
            """);

        assertThat(RouteChecks.check(root)).extracting(Finding::toString).contains(
            FILE + ":9: log has no option showBdy; did you mean showBody?",
            FILE + ":10: log has no option showBdy; did you mean showBody?",
            FILE + ":11: timer has no option perod; did you mean period?",
            FILE + ":12: log has no option showBdy; did you mean showBody?",
            FILE + ":13: timer has no option perod; did you mean period?",
            FILE + ":14: log has no option showBdy; did you mean showBody?",
            FILE + ":15: log has no option showBdy; did you mean showBody?");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        direct:ohter   | no route receives from direct:ohter; did you mean direct:other?
        seda:other     | no route receives from seda:other
        """)
    void aCallToNobody(String uri, String finding) {
        write("routes/shop/other.camel.yaml", consumer("direct:other"));
        steps("- to: {id: a, description: b, uri: '%s'}\n- to: {id: c, description: d, uri: 'direct:other'}".formatted(uri));

        assertFindings(FILE + ":9: " + finding);
    }

    @Test
    void aCallWithSlashesIsTheSameCall() {
        write("routes/shop/other.camel.yaml", consumer("direct:other"));
        steps("- to: {id: a, description: b, uri: 'direct://other'}");

        assertFindings();
    }

    @Test
    void aCallToNobodyFromJava() {
        write("../java/Caller.java", "class Caller {\n    String called = \"direct:nobody\";\n}\n");

        assertFindings("src/main/java/Caller.java:2: no route receives from direct:nobody");
    }

    @Test
    void aRouteThatNobodyCalls() {
        write("routes/shop/tried.camel.yaml", consumer("direct:tried"));
        String finding = FILE + ":7: nothing sends to direct:tried: no route, no Java, no schema in contracts/in, no operationId in openapi.yaml, "
            + "and docs/operations.md does not list it under 'What an operator can do'";

        assertFindings(finding);
        // An operation with another name, and a mention outside the table.
        write("contracts/openapi.yaml", "paths:\n  /a:\n    get:\n      operationId: tired\n");
        Project.write(root, "docs/operations.md", "| `tried` |\n\n## What an operator can do\n\n`tried`\n");
        assertFindings(FOLDER + "contracts/openapi.yaml:4: no route receives from direct:tired, which answers this operation; "
            + "did you mean direct:tried?", finding);

        write("contracts/openapi.yaml", "paths:\n  /a:\n    get:\n      operationId: tried\n");
        assertFindings();
    }

    @Test
    void aRouteForOperators() {
        write("routes/shop/tried.camel.yaml", consumer("direct:tried"));
        Project.write(root, "docs/operations.md", "# A\n\n## What an operator can do\n\n| `direct:` | body |\n|---|---|\n| `tried` | |\n\n## Else\n");

        assertFindings();
    }

    @Test
    void aTypeOfMessageThatNobodyHandles() {
        write("contracts/in/OrderCreated.schema.json", "{}");
        write("contracts/in/OrderShipped.schema.json", "{}");
        write("routes/shop/handler.camel.yaml", consumer("direct:OrderCreated"));
        steps("- toD: {id: a, description: b, uri: 'direct:${variable.messageType}?block=false'}");

        assertFindings(FOLDER + "contracts/in/OrderShipped.schema.json:1: no route receives from direct:OrderShipped, where " + FILE
            + ":9 sends messages of this type");
    }

    @Test
    void aHandlerThatReadsAFieldOfTheMessageWhereThereIsAList() {
        write("contracts/in/OrderCreated.schema.json", "{}");
        write("routes/shop/handler.camel.yaml", """
            - route:
                id: handler
                description: Handles orders
                from:
                  id: orders
                  description: A list
                  uri: direct:OrderCreated
                  steps:
                    - setVariable: {id: wrong, name: customer, jsonpath: {expression: $.customerId, source: messageBody}}
                    - split:
                        id: each
                        simple: ${body}
                        steps:
                          - setVariable: {id: right, name: customer, jsonpath: {expression: $.customerId, source: messageBody}}
                          - to: {id: to-one, uri: 'direct:of-one'}
                    - to: {id: to-all, uri: 'direct:of-all'}
            - route:
                id: of-one
                description: Gets one message
                from: {id: one, description: One, uri: 'direct:of-one', steps: [{log: {id: right-too, message: '${variable.messageId}'}}]}
            - route:
                id: of-all
                description: Gets the list
                from:
                  id: all
                  description: The list
                  uri: direct:of-all
                  steps:
                    - log:
                        id: wrong-too
                        message: ${variable.message[correlationId]}
            """);
        steps("- toD: {id: a, description: b, uri: 'direct:${variable.messageType}?block=false'}");

        String handler = FOLDER + "routes/shop/handler.camel.yaml:";
        assertFindings(handler + "9: reads messageBody where there is a list of messages: such a step belongs into a split (each), whose first "
            + "step is toVariables",
            handler + "31: reads message where there is a list of messages: such a step belongs into a split, whose first step is toVariables");
    }

    @Test
    void anEventWithoutSchemaOrKey() {
        write("contracts/out/OrderRefused.schema.json", "{\"x-partition-key\": \"orderId\", \"required\": [\"orderId\"]}");
        write("contracts/out/OrderHeld.schema.json", "{\"required\": [\"orderId\"]}");
        steps("""
            - to: {id: right, uri: 'outbox:OrderRefused'}
            - to: {id: misspelt, uri: 'outbox:OrderRefusd'}
            - to: {id: no-key, uri: 'outbox:OrderHeld'}
            - to: {id: option, uri: 'outbox:OrderRefused', parameters: {reason: Blocked}}
            """);

        assertFindings(FOLDER + "contracts/out/OrderHeld.schema.json:1: x-partition-key has to name a required field, such as orderId; events "
            + "with the same value are published in their order",
            FILE + ":10: there is no " + FOLDER + "contracts/out/OrderRefusd.schema.json, the schema of the event; did you mean OrderRefused?",
            FILE + ":12: outbox has no option reason: the fields of an event are variables, or fields of the message that is handled");
    }

    @Test
    void twoRoutesForOneCall() {
        write("routes/shop/other.camel.yaml", consumer("direct:other"));
        write("routes/shop/same.camel.yaml", consumer("direct:other").replace(": receives", ": receives-too").replace(": in", ": in-too")
            .replace(": end", ": end-too"));
        steps("- to: {id: a, description: b, uri: 'direct:other'}");

        assertFindings(FOLDER + "routes/shop/same.camel.yaml:7: a route already receives from direct:other at "
            + FOLDER + "routes/shop/other.camel.yaml:7");
    }

    @Test
    void aSettingThatIsNotThere() {
        write("application.yaml", "inventory: {outbox: {batch-size: 3, pause: PT1S}}\n");
        steps("""
            - setBody: {id: a, description: b, constant: "{{inventory.outbox.batch-siez}}"}
            - setBody: {id: c, description: d, constant: "{{inventory.outbox.batch-size}} {{nothing:default}} {{env:HOME}}"}
            - setBody: {id: e, description: f, constant: "{{seconds:inventory.outbox.pause}}"}
            - setBody: {id: g, description: h, constant: "{{seconds:inventory.outbox.paws}}"}
            """);

        assertFindings(FILE + ":9: there is no setting inventory.outbox.batch-siez in " + FOLDER + "application.yaml; "
                + "did you mean inventory.outbox.batch-size?",
            FILE + ":12: there is no setting inventory.outbox.paws in " + FOLDER + "application.yaml; did you mean inventory.outbox.pause?");
    }

    @Test
    void aNodeWithoutIdAndARouteOrBranchWithoutDescription() {
        write("routes/shop/tried.camel.yaml", """
            - route:
                description: ""
                from:
                  uri: timer:x
                  steps:
                    - to: log:x
                    - doTry:
                        id: try
                        steps:
                          - stop: {id: end}
                        doCatch:
                          - exception: [java.lang.Exception]
                            steps:
                              - stop: {id: failed, description: The end}
            """);

        assertFindings(FILE + ":1: route has no description",
            FILE + ":1: route has no id; logs, tests and metrics need one",
            FILE + ":3: from has no description",
            FILE + ":3: from has no id; logs, tests and metrics need one",
            FILE + ":6: to has no id; logs, tests and metrics need one",
            FILE + ":12: doCatch has no description",
            FILE + ":12: doCatch has no id; logs, tests and metrics need one");
    }

    @Test
    void anIdThatIsThereTwice() {
        write("routes/shop/other.camel.yaml", ROUTE.replace(": tried", ": other").replace(": clock", ": other-clock")
            + "        - stop: {id: end, description: The end}\n");
        steps("- stop: {id: end, description: The end}");

        assertFindings(FILE + ":9: id 'end' is already used by stop at " + FOLDER + "routes/shop/other.camel.yaml:9");
    }

    @Test
    void aRouteConfigurationThatIsNotThereAndOneThatNobodyNames() {
        write("../java/Policy.java", "routeConfiguration(\"until-next-time\");");
        write("routes/shop/tried.camel.yaml", """
            - routeConfiguration:
                id: unused
                description: For nobody
                onException:
                  - onException:
                      id: failed
                      description: Anything
                      exception: [java.lang.Exception]
                      steps:
                        - stop: {id: end, description: The end}
            - route:
                id: tried
                description: A route
                routeConfigurationId: until-next-tme
                from:
                  id: clock
                  description: Its time
                  uri: timer:clock
                  steps:
                    - stop: {id: done, description: The end}
            """);

        assertFindings(FILE + ":1: routeConfiguration 'unused' is not used by any route",
            FILE + ":14: there is no route configuration until-next-tme; did you mean until-next-time?");
    }

    @Test
    void sqlThatIsNotThereOrNotUsed() {
        write("routes/shop/used.sql", "SELECT :#one\n");
        write("routes/shop/unused.sql", "SELECT 1\n");
        write("routes/shop/in-java.sql", "SELECT 1\n");
        write("../java/Inbox.java", "String sql = Sql.read(\"shop/in-java\");");
        steps("""
            - to: {id: a, description: b, uri: 'sql:classpath:routes/shop/usd.sql'}
            - to: {id: c, description: d, uri: 'sql:classpath:routes/shop/used.sql'}
            - to: {id: g, description: h, uri: 'sql:SELECT 1'}
            """);

        assertFindings(FILE + ":9: there is no " + FOLDER + "routes/shop/usd.sql; did you mean routes/shop/used.sql?",
            FILE + ":11: a statement has to be in a file below " + FOLDER + "routes: sql:classpath:routes/<folder>/<what it does>.sql",
            FOLDER + "routes/shop/unused.sql:1: neither a route nor Java uses it");
    }

    @Test
    void aDurationThatSqlReads() {
        write("routes/shop/used.sql", "SELECT now() + CAST(:#one AS interval), now() + :#two::interval");
        steps("- to: {id: a, description: b, uri: 'sql:classpath:routes/shop/used.sql'}");

        assertFindings(FOLDER + "routes/shop/used.sql:1: parses a duration, which Java may parse differently: pass a number by "
            + "{{seconds:<setting>}} in the route, and read it with make_interval(secs => …)");
    }

    @Test
    void aFileThatIsOutsideOfTheFoldersOfRoutes() {
        write("routes/alone.camel.yaml", ROUTE + "        - stop: {id: end, description: The end}\n");
        write("routes/shop/deep/used.sql", "SELECT 1\n");

        assertFindings(FOLDER + "routes/alone.camel.yaml:1: is not read: it has to be in a folder directly below " + FOLDER + "routes",
            FOLDER + "routes/shop/deep/used.sql:1: is not read: it has to be in a folder directly below " + FOLDER + "routes",
            FOLDER + "routes/shop/deep/used.sql:1: neither a route nor Java uses it");
    }

    @Test
    void aFileThatIsNotReadOrEmpty() {
        write("routes/shop/tried.yaml", ROUTE + "        - stop: {id: end, description: The end}\n");
        write("routes/shop/empty.camel.yaml", "# To do\n");

        assertFindings(FOLDER + "routes/shop/empty.camel.yaml:1: has no route",
            FOLDER + "routes/shop/tried.yaml:1: is not read: names of route files end in .camel.yaml, those of statements in .sql");
    }

    @Test
    void aTemplateIsCheckedAsItIsUsed() {
        write("application.yaml", "shop: {calls: many}\n");
        write("routes/shop/template.camel.yaml", """
            - routeTemplate:
                id: subscription
                description: Receives
                parameters:
                  - name: topic
                  - name: name
                    required: false
                  - name: calls
                    defaultValue: "1"
                route:
                  description: Receives
                  from:
                    id: receive
                    description: A message
                    uri: azure-servicebus:{{topic}}
                    parameters:
                      subscriptionName: "{{?name}}"
                      maxConcurrentCalls: "{{calls}}"
                      prefetchCount: "{{prefetch}}"
                    steps:
                      - stop: {id: end, description: The end}
            - routeTemplate:
                id: unused
                description: Receives
                from:
                  id: receive-too
                  description: A message
                  uri: timer:x
                  steps:
                    - stop: {id: end-too, description: The end}
            """);
        write("routes/shop/tried.camel.yaml", """
            - templatedRoute:
                routeTemplateRef: subscription
                routeId: one
                parameters:
                  - name: topik
                    value: orders
                  - name: calls
                    value: "{{shop.calls}}"
            - templatedRoute:
                routeTemplateRef: subscribtion
                routeId: two
            """);

        assertFindings(FOLDER + "routes/shop/template.camel.yaml:18: maxConcurrentCalls is 'many' and should be an integer",
            FOLDER + "routes/shop/template.camel.yaml:19: there is no setting prefetch in " + FOLDER + "application.yaml",
            FOLDER + "routes/shop/template.camel.yaml:22: no route uses template unused",
            FILE + ":1: template subscription needs parameter topic",
            FILE + ":5: template subscription has no parameter topik; did you mean topic?",
            FILE + ":9: there is no template subscribtion; did you mean subscription?");
    }

    @Test
    void aKameletIsCheckedAsItIsUsed() {
        write("kamelets/audit.kamelet.yaml", """
            apiVersion: camel.apache.org/v1
            kind: Kamelet
            metadata:
              name: audit
            spec:
              definition:
                required: [to, level]
                properties:
                  to: {type: string}
                  level: {type: string, default: INFO}
              template:
                from:
                  id: audited
                  description: A message
                  uri: kamelet:source
                  steps:
                    - to: {id: write, description: Writes it, uri: 'log:{{to}}?showHeader={{level}}'}
            """);
        steps("""
            - to: {id: a, description: b, uri: 'kamelet:audit?too=x'}
            - to: {id: c, description: d, uri: 'kamelet:adit?to=x'}
            """);

        assertThat(RouteChecks.check(root)).extracting(Finding::toString).contains(
            FOLDER + "kamelets/audit.kamelet.yaml:17: log has no option showHeader; did you mean showHeaders?",
            FILE + ":9: template audit has no parameter too; did you mean to?",
            FILE + ":9: template audit needs parameter to",
            FILE + ":10: there is no template adit; did you mean audit?");
    }

    @Test
    void aSourceAcceptsTheTypesOfItsChannelEachOfWhichHasASchema() {
        sources("OrderCreated, OrderCancelled", "PaymentFailed");

        assertFindings();
    }

    @Test
    void typesThatAreMisspeltMissingOrOfAnotherSource() {
        sources("OrderCreatd,OrderCancelled,PaymentFailed", "");

        assertFindings(FOLDER + "contracts/in/OrderCreated.schema.json:1: no source accepts OrderCreated: every such message is dead-lettered",
            FOLDER + "routes/shop/orders.camel.yaml:7: orders accepts OrderCancelled, OrderCreatd, PaymentFailed, but the channel of this operation in "
                + FOLDER + "contracts/asyncapi.yaml has OrderCancelled, OrderCreated",
            FOLDER + "routes/shop/orders.camel.yaml:7: orders accepts OrderCreatd, which has no schema in contracts/in; "
                + "did you mean OrderCreated?",
            FILE + ":13: payments accepts nothing, but the channel of this operation in " + FOLDER + "contracts/asyncapi.yaml has PaymentFailed");
    }

    @Test
    void aSourceThatListsNoTypesOrIsNoOperation() {
        sources("OrderCreated,OrderCancelled", "PaymentFailed");
        write("routes/shop/orders.camel.yaml", """
            - templatedRoute:
                routeTemplateRef: subscription
                routeId: order
                parameters:
                  - name: topic
                    value: orders
            - templatedRoute:
                routeTemplateRef: subscription
                routeId: order-too
                parameters:
                  - {name: topic, value: orders-too}
                  - {name: types, value: "OrderCreated,OrderCancelled"}
            """);
        write("routes/shop/tried.camel.yaml", ROUTE + "        - to: {id: hand-over, description: Check and handle it, uri: 'direct:inbox'}\n");

        assertFindings(FOLDER + "contracts/in/PaymentFailed.schema.json:1: no source accepts PaymentFailed: every such message is dead-lettered",
            FOLDER + "routes/shop/orders.camel.yaml:1: template subscription needs parameter types",
            FOLDER + "routes/shop/orders.camel.yaml:12: there is no operation order-too in " + FOLDER + "contracts/asyncapi.yaml, "
                + "which lists the messages of each source",
            FILE + ":9: route 'tried' sends messages to the inbox, which accepts none of them: a setVariable before it has to set acceptedTypes "
                + "to a constant, the accepted types separated by commas");
    }

    @Test
    void aRouteThatTranslatesTheMessagesOfASourceIsNoSource() {
        sources("OrderCreated,OrderCancelled", "PaymentFailed");
        write("routes/shop/tried.camel.yaml", ROUTE.replace(": tried", ": payments") + """
                    - setVariable: {id: from-payments, description: What is accepted, name: acceptedTypes, constant: PaymentFailed}
                    - to: {id: hand-over, description: Translate it, uri: 'direct:translate'}
            """);
        write("routes/shop/translate.camel.yaml", """
            - route:
                id: translates
                description: A route
                from:
                  id: to-translate
                  description: A call
                  uri: direct:translate
                  steps:
                    - to: {id: translated, description: Check and handle it, uri: 'direct:inbox'}
            """);

        assertFindings();
    }

    /** A source that uses a template, one that does not, and a contract of two operations. */
    private void sources(String typesOfOrders, String typesOfPayments) {
        for (String type : new String[] {"OrderCreated", "OrderCancelled", "PaymentFailed"}) {
            write("contracts/in/" + type + ".schema.json", "{}");
        }
        write("contracts/asyncapi.yaml", """
            channels:
              order-topic:
                messages: {OrderCreated: {}, OrderCancelled: {}}
              payment-topic:
                messages: {PaymentFailed: {}}
            operations:
              orders:
                channel: {$ref: '#/channels/order-topic'}
              payments:
                channel: {$ref: '#/channels/payment-topic'}
            """);
        write("routes/shop/inbox.camel.yaml", consumer("direct:inbox"));
        write("routes/shop/template.camel.yaml", """
            - routeTemplate:
                id: subscription
                description: Receives
                parameters:
                  - name: topic
                  - name: types
                route:
                  description: Receives
                  from:
                    id: receive
                    description: A message
                    uri: timer:{{topic}}
                    steps:
                      - setVariable: {id: accepted, description: What is accepted, name: acceptedTypes, constant: "{{types}}"}
                      - to: {id: to-inbox, description: Handles it, uri: 'direct:inbox'}
            """);
        write("routes/shop/orders.camel.yaml", """
            - templatedRoute:
                routeTemplateRef: subscription
                routeId: orders
                parameters:
                  - name: topic
                    value: orders
                  - name: types
                    value: "%s"
            """.formatted(typesOfOrders));
        write("routes/shop/tried.camel.yaml", ROUTE.replace(": tried", ": payments") + """
                    - setVariable:
                        id: from-payments
                        description: What is accepted
                        name: acceptedTypes
                        constant:
                          id: types-of-payments
                          expression: "%s"
                    - to: {id: hand-over, description: Check and handle it, uri: 'direct:inbox'}
            """.formatted(typesOfPayments));
    }

    private static String consumer(String uri) {
        return """
            - route:
                id: receives
                description: A route
                from:
                  id: in
                  description: A call
                  uri: %s
                  steps:
                    - stop: {id: end, description: The end}
            """.formatted(uri);
    }

    private void steps(String steps) {
        write("routes/shop/tried.camel.yaml", ROUTE.stripTrailing() + "\n" + steps.indent(8));
    }

    private void write(String file, String text) {
        Project.write(root, FOLDER + file, text);
    }

    private void assertFindings(String... findings) {
        assertThat(RouteChecks.check(root)).extracting(Finding::toString).containsExactly(findings);
    }
}
