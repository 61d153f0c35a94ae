package testudo.testing.jail;

/// A device process that is hostile: tries everything that is forbidden and says what happened, one line each: `NAME=RESULT=THROUGH`.
public final class Prober {
    private Prober() {}

    /// Tries.
    /// @param arguments see [ForbiddenThings]
    public static void main(String[] arguments) {
        ForbiddenThings things = new ForbiddenThings(
                Long.parseLong(arguments[0]),
                Long.parseLong(arguments[1]),
                Integer.parseInt(arguments[2]),
                arguments[3],
                arguments[4]);
        things.attempts().forEach((name, attempt) -> {
            long result = attempt.call().getAsLong();
            System.out.println(name + "=" + result + "=" + attempt.through().test(result));
        });
        System.out.println("end");
    }
}
