package ecommerce.inventory.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class UntrustedTextTest {

    @Test
    void whatWouldBeginAnotherLineIsNotPrinted() {
        assertThat(UntrustedText.printable("a\nb\r\u0085c\u2028d\u001b[2Je\ud83d")).isEqualTo("a?b??c?d?[2Je?");
        assertThat(UntrustedText.printable("Größe 日本 😀")).isEqualTo("Größe 日本 😀");
        assertThat(UntrustedText.printable(null)).isNull();
    }

    @Test
    void aLongTextIsCutBetweenTwoCharacters() {
        assertThat(UntrustedText.excerpt("abcdef", 6)).isEqualTo("abcdef");
        assertThat(UntrustedText.excerpt("abcdefg", 6)).isEqualTo("abcdef…");
        assertThat(UntrustedText.excerpt("abcde😀", 6)).isEqualTo("abcde…");
        assertThat(UntrustedText.shortened("x".repeat(99) + "😀")).isEqualTo("x".repeat(99) + "…");
    }

    @Test
    void aNullCharacterIsNotStored() {
        assertThat(UntrustedText.storable("a\0b")).isEqualTo("ab");
        assertThat(UntrustedText.storable(null)).isNull();
    }
}
