package testudo.testing.jail;

import testudo.platform.linux.confine.LinuxSystemCallFilter;
import testudo.spi.jail.JailOptions;
import testudo.spi.jail.SystemCallPolicy;

/// A device process that is hostile: tries everything that is forbidden and says what happened, one line each: `NAME=RESULT=THROUGH`.
public final class Prober {
    private Prober() {}

    /// Tries.
    /// @param arguments see [ForbiddenThings]; then the text of a policy, if one is to be applied before
    public static void main(String[] arguments) {
        ForbiddenThings things = new ForbiddenThings(
                Long.parseLong(arguments[0]),
                Long.parseLong(arguments[1]),
                Integer.parseInt(arguments[2]),
                arguments[3],
                arguments[4]);
        if (arguments.length > 5) { // behind a wall of its own; the classes are loaded
            new LinuxSystemCallFilter().apply(new SystemCallPolicy("test", arguments[5]), JailOptions.standard());
        }
        things.attempts().forEach((name, attempt) -> {
            long result = attempt.call().getAsLong();
            System.out.println(name + "=" + result + "=" + attempt.through().test(result));
        });
        System.out.println("end");
    }
}
