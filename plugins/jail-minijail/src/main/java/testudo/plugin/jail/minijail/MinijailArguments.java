package testudo.plugin.jail.minijail;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import testudo.platform.linux.call.Syscall;
import testudo.platform.linux.call.SystemCall;
import testudo.platform.linux.confine.JailTree;
import testudo.spi.jail.FileGrant.Access;
import testudo.spi.jail.JailRequest;
import testudo.spi.jail.JailRequest.Network;
import testudo.spi.jail.UserMapping;

/// A jail as arguments of `minijail0(1)`.
///
/// `-T static` because the other way, a preloaded library, would have to be shown inside of the jail. minijail0 makes no symbolic links:
/// every file is shown under each of its names.
final class MinijailArguments {
    private static final int NOBODY = 65534;

    private MinijailArguments() {}

    /// The arguments.
    /// @param root the folder that the root is built over
    /// @param filter the number of a descriptor that holds the start-up filter
    static List<String> of(JailRequest jail, Path root, JailTree tree, int filter) {
        UserMapping user = jail.user();
        List<String> arguments = new ArrayList<>(List.of(
                "-T", "static",
                "-U",
                "-m" + map(user.users(), user.uid(), Syscall.call(SystemCall.GETEUID)),
                "-M" + map(user.groups(), user.gid(), Syscall.call(SystemCall.GETEGID)),
                "-p", "-I",
                "-v", "-l", "-N",
                "--uts=" + jail.name(),
                "-c", "0",
                "-n",
                "-P", root.toString(),
                "-k", "none,/,tmpfs,MS_NOSUID|MS_NODEV,mode=0755,size=1m"));
        if (user.uid() >= 0) {
            arguments.addAll(List.of("-u", Integer.toString(user.uid())));
        }
        if (user.gid() >= 0) {
            arguments.addAll(List.of("-g", Integer.toString(user.gid())));
        }
        if (jail.network() == Network.NONE) {
            arguments.add("-e");
        }
        tree.names().forEach((name, real) -> arguments.addAll(List.of(
                "-b", real + "," + name + "," + (tree.files().get(real) == Access.WRITE ? "1" : "0"))));
        arguments.addAll(List.of("-k", "none,/,none,MS_REMOUNT|MS_BIND|MS_RDONLY|MS_NOSUID|MS_NODEV"));
        arguments.add("--seccomp-bpf-binary=/proc/self/fd/" + filter);
        return arguments;
    }

    private static String map(List<UserMapping.Range> ranges, int inside, long outside) {
        if (ranges.isEmpty()) {
            return "%d %d 1".formatted(inside >= 0 ? inside : outside == 0 ? NOBODY : outside, outside);
        }
        return ranges.stream()
                .map(range -> "%d %d %d".formatted(range.inside(), range.outside(), range.count()))
                .collect(Collectors.joining(","));
    }
}
