package testudo.spi.jail;

import java.util.List;
import testudo.spi.VmmException;

/// Who a jailed process is, in a user namespace of its own. Whoever it is, it has no capability.
/// @param users which users of the host exist inside; empty: the current one alone
/// @param groups which groups of the host exist inside; empty: the current one alone
/// @param uid the user inside, or -1: the current one under its own number, except that root is 65534 inside
/// @param gid the group inside, or -1, likewise
public record UserMapping(List<Range> users, List<Range> groups, int uid, int gid) {
    /// Checks and copies.
    /// @throws VmmException.Config when there are ranges but no identity in them
    public UserMapping {
        users = List.copyOf(users);
        groups = List.copyOf(groups);
        require(users, uid, "uid");
        require(groups, gid, "gid");
    }

    private static void require(List<Range> ranges, int id, String what) {
        if (!ranges.isEmpty() && ranges.stream().noneMatch(range -> range.contains(id))) {
            throw new VmmException.Config("jail %s %d is in no mapped range; add it to the map".formatted(what, id));
        }
    }

    /// The current user alone: needs no privilege.
    /// @return a mapping
    public static UserMapping current() {
        return new UserMapping(List.of(), List.of(), -1, -1);
    }

    /// A row of `uid_map` or `gid_map`, `user_namespaces(7)`.
    /// @param inside first number inside
    /// @param outside first number on the host
    /// @param count how many
    public record Range(int inside, int outside, int count) {
        /// Checks.
        /// @throws VmmException.Config for a negative number or an empty range
        public Range {
            if (inside < 0 || outside < 0 || count <= 0) {
                throw new VmmException.Config("jail id map '%d %d %d': use numbers of 0 or more and a count of 1 or more"
                        .formatted(inside, outside, count));
            }
        }

        boolean contains(int id) {
            return id >= inside && id - inside < count;
        }
    }
}
