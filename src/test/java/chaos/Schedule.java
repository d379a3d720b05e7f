package chaos;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;

import chaos.Fault.Family;

/** The faults and their times, planned before the run: the same seed makes the same schedule. */
final class Schedule {

    private static final double KILLS_A_MINUTE = 4;
    private static final double OUTAGES_A_MINUTE = 0.85;
    private static final double OTHERS_A_MINUTE = 1.6;
    /** Minimum length of a lasting fault, in milliseconds. */
    private static final int SHORTEST = 2_000;
    private static final int LONGEST = 7_000;

    private Schedule() {
    }

    /**
     * @param at     time since the beginning of the load
     * @param worker the affected worker, if the fault affects one
     * @param length of a lasting fault
     */
    record Planned(Duration at, Fault fault, int worker, Duration length) {
    }

    /**
     * Plans every kill and every outage at least once, at random times; faults may overlap. A short run has only some
     * of the others.
     */
    static List<Planned> make(long seed, Duration length, int workers) {
        Random random = new Random(seed);
        double minutes = length.toMillis() / 60_000.0;
        List<Fault> faults = new ArrayList<>();
        faults.addAll(of(Family.KILL, KILLS_A_MINUTE * minutes, random));
        faults.addAll(of(Family.OUTAGE, OUTAGES_A_MINUTE * minutes, random));
        faults.addAll(of(Family.OTHER, OTHERS_A_MINUTE * minutes, random));
        Collections.shuffle(faults, random);
        List<Planned> schedule = new ArrayList<>();
        long slot = length.toMillis() / faults.size();
        for (Fault fault : faults) {
            schedule.add(new Planned(Duration.ofMillis(schedule.size() * slot + random.nextInt((int) slot)), fault,
                random.nextInt(workers), Duration.ofMillis(SHORTEST + random.nextInt(LONGEST - SHORTEST))));
        }
        return schedule;
    }

    private static List<Fault> of(Family family, double count, Random random) {
        List<Fault> kinds = Arrays.stream(Fault.values()).filter(fault -> fault.family == family).toList();
        List<Fault> drawn = new ArrayList<>(kinds);
        if (family == Family.OTHER) {
            Collections.shuffle(drawn, random);
            drawn.subList(Math.min((int) Math.ceil(count), drawn.size()), drawn.size()).clear();
        }
        while (drawn.size() < count) {
            drawn.add(kinds.get(random.nextInt(kinds.size())));
        }
        return drawn;
    }
}
