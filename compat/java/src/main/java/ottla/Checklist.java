package ottla;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.List;

/** Runs every check, one line each, in the words that compat/harness.ts reads. */
public final class Checklist {
    interface Check {
        void run() throws Exception;
    }

    record Named(String name, Check check) {}

    static final String BOOTSTRAP = System.getenv("OTTLA_BOOTSTRAP");
    private static final BufferedReader STDIN = new BufferedReader(new InputStreamReader(System.in));

    /** With an argument: only the checks whose names have it in them. */
    public static void main(String[] args) {
        boolean failed = false;
        for (List<Named> group : List.of(
                AdminChecks.all(), RecordChecks.all(), GroupChecks.all(), TransactionChecks.all(), ToolChecks.all(), FileChecks.all(), RestartChecks.all())) {
            for (Named named : group) {
                if (args.length > 0 && !named.name.contains(args[0])) continue;
                try {
                    named.check.run();
                    System.out.println("ok " + named.name);
                } catch (Throwable error) {
                    failed = true;
                    System.out.println("not ok " + named.name + ": " + String.valueOf(error).replace('\n', ' '));
                    error.printStackTrace();
                }
                System.out.flush();
            }
        }
        System.exit(failed ? 1 : 0);
    }

    /** Kills the broker (or stops it in order) and returns when it serves again. */
    static synchronized void restartBroker(boolean kill) throws Exception {
        System.out.println(kill ? "@kill" : "@restart");
        System.out.flush();
        String answer = STDIN.readLine();
        expect("restarted".equals(answer), "the harness answered " + answer);
    }

    static void expect(boolean condition, String message) {
        if (!condition) throw new AssertionError(message);
    }

    static void expectEquals(Object expected, Object actual, String what) {
        expect(expected == null ? actual == null : expected.equals(actual), what + ": expected " + expected + ", got " + actual);
    }

    private Checklist() {}
}
