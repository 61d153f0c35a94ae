package testudo.plugin.jail.bubblewrap;

import java.util.ArrayList;
import java.util.List;
import testudo.platform.linux.call.Syscall;
import testudo.platform.linux.call.SystemCall;
import testudo.platform.linux.confine.JailTree;
import testudo.spi.jail.FileGrant.Access;
import testudo.spi.jail.JailRequest;
import testudo.spi.jail.JailRequest.Network;

/// A jail as arguments of `bwrap(1)`.
final class BubblewrapArguments {
    private static final int NOBODY = 65534;

    private BubblewrapArguments() {}

    /// The arguments.
    /// @param filter the number of a descriptor that holds the start-up filter
    static List<String> of(JailRequest jail, JailTree tree, int filter) {
        List<String> arguments = new ArrayList<>(List.of(
                "--unshare-user",
                "--unshare-pid",
                "--unshare-ipc",
                "--unshare-uts",
                "--unshare-cgroup",
                "--hostname",
                jail.name(),
                "--uid",
                inside(jail.user().uid(), Syscall.call(SystemCall.GETEUID)),
                "--gid",
                inside(jail.user().gid(), Syscall.call(SystemCall.GETEGID)),
                "--as-pid-1",
                "--die-with-parent",
                "--new-session",
                "--cap-drop",
                "ALL"));
        if (jail.network() == Network.NONE) {
            arguments.add("--unshare-net");
        }
        tree.entries().forEach((path, entry) -> arguments.addAll(switch (entry) {
            case JailTree.Entry.Folder() -> List.of("--dir", path.toString());
            case JailTree.Entry.Link(String target) -> List.of("--symlink", target, path.toString());
            case JailTree.Entry.Bind(Access access, boolean folder, boolean exists) ->
                List.of(access == Access.READ ? "--ro-bind" : "--bind", path.toString(), path.toString());
        }));
        arguments.addAll(List.of(
                "--remount-ro", "/",
                "--chdir", "/",
                "--setenv", "LD_LIBRARY_PATH", jail.runtimeImage().resolve("lib").toString(),
                "--seccomp", Integer.toString(filter)));
        return arguments;
    }

    private static String inside(int asked, long outside) {
        long id = asked >= 0 ? asked : outside == 0 ? NOBODY : outside;
        return Long.toString(id);
    }
}
