package ottla;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The input, in every run the same but for the day, and what must come of it: computed here without Kafka. */
final class Orders {
    static final int COUNT = 6_000;
    static final int CUSTOMERS = 40;
    static final int PRODUCTS = 15;
    static final long WINDOW_MS = 10_000;
    /** Of today, or retention would take the orders away. */
    private static final long FIRST_MS = (System.currentTimeMillis() - 180_000) / WINDOW_MS * WINDOW_MS;

    record Order(int id, String customer, String product, int amount, long timestampMs) {
        String value() {
            return id + ":" + product + ":" + amount;
        }
    }

    /** Products that are ordered rarely, and time that goes a little back and forth. */
    static List<Order> all() {
        List<Order> orders = new ArrayList<>();
        for (int id = 0; id < COUNT; id++) {
            int mixed = Integer.reverse(id * 0x9E3779B1) >>> 1;
            String product = "product-" + (mixed % PRODUCTS) * (mixed % 7) / 6;
            orders.add(new Order(id, customer(mixed), product, mixed % 100, FIRST_MS + id * 20L - mixed % 500));
        }
        return orders;
    }

    static String customer(int number) {
        return "customer-" + number % CUSTOMERS;
    }

    static String nameOf(String customer) {
        return "the name of " + customer;
    }

    /** One joined record per order. */
    static List<String> joined() {
        return all().stream().map(order -> order.value() + ":" + nameOf(order.customer())).sorted().toList();
    }

    /** Every sum that a product had, in order. */
    static Map<String, Integer> sums() {
        Map<String, Integer> sums = new HashMap<>();
        for (Order order : all()) sums.merge(order.product(), order.amount(), Integer::sum);
        return sums;
    }

    static Map<String, Integer> countsByProduct() {
        Map<String, Integer> counts = new HashMap<>();
        for (Order order : all()) counts.merge(order.product(), 1, Integer::sum);
        return counts;
    }

    /** How many orders a customer had in each window. */
    static Map<String, Integer> windowCounts() {
        Map<String, Integer> counts = new HashMap<>();
        for (Order order : all()) {
            counts.merge(order.customer() + "@" + order.timestampMs() / WINDOW_MS * WINDOW_MS, 1, Integer::sum);
        }
        return counts;
    }

    private Orders() {}
}
