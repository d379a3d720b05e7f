package ecommerce.inventory;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import org.junit.jupiter.api.Test;

/** Packages have no cycles: of two packages in a cycle, neither can be read, tested or moved without the other. */
class PackagesTest {

    private static final JavaClasses CLASSES = new ClassFileImporter().withImportOption(new DoNotIncludeTests()).importPackages("ecommerce.inventory");

    @Test
    void noPackagesAreInACycle() {
        slices().matching("ecommerce.inventory.(*)..").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void nothingDependsOnTheRoot() {
        noClasses().that().resideOutsideOfPackage("ecommerce.inventory")
            .should().dependOnClassesThat().resideInAPackage("ecommerce.inventory").check(CLASSES);
    }
}
