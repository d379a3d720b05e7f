package bench.plain;

import java.util.List;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;

@JsonIgnoreProperties(ignoreUnknown = true)
record OrderCreated(String orderId, List<Item> items) {

    @JsonIgnoreProperties(ignoreUnknown = true)
    record Item(String productId, int quantity) {
    }
}
