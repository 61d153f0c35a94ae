package testudo.testing.e2e;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// What `/proc` of a host says about the device processes of its one running machine, thread by thread.
final class DeviceWalls {
    private static final List<String> NAMESPACES = List.of("user", "pid", "mnt", "net", "ipc", "uts", "cgroup");
    private static final List<String> CAPABILITIES = List.of("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb");
    /// What any device may hold: nothing that leads to a file, but the runtime's own classes.
    private static final Pattern HARMLESS = Pattern.compile(
            "/dev/null|socket:.*|anon_inode:\\[(eventfd|eventpoll|timerfd|io_uring)]|/memfd:testudo\\..*|/image/lib/modules");
    private static final int MAX_SOCKETS = 5; // vhost-user and control, each as inherited and as used, and the back-end's own requests
    private static final String SCRIPT = """
            of() { grep -l "$1" /proc/[0-9]*/cmdline 2> /dev/null | sed 's/[^0-9]//g'; }
            spaces() { for n in user pid mnt net ipc uts cgroup; do printf '%s ' "$(readlink $1/ns/$n)"; done; echo; }
            for p in $(of '[t]estudo.cli'); do echo "main $p $(spaces /proc/$p)"; echo "log $p $(readlink /proc/$p/fd/2)"; done
            for p in $(of '[t]estudo.devicehost'); do
              for t in /proc/$p/task/*; do
                own=$(spaces $t) name=$(tr ' ' _ < $t/comm) fields=$(grep -E '^(Cap...|NoNewPrivs|Seccomp):' $t/status)
                [ -d $t ] || continue # compilers end threads that have no work
                echo "task $p $name $own"
                echo "$fields" | while read k v; do echo "field $p ${k%:} $v"; done
              done
              for d in /proc/$p/fd/*; do echo "open $p ${d##*/} $(readlink $d)"; done
            done
            """;

    private final Map<String, Set<String>> threads = new TreeMap<>();
    private final Map<String, List<String>> faults = new TreeMap<>();
    private final Map<String, List<String>> open = new TreeMap<>();
    private List<String> outside = List.of();
    private String log = "";

    /// Reads everything.
    static DeviceWalls of(Host host) throws IOException, InterruptedException {
        DeviceWalls walls = new DeviceWalls();
        for (String line : host.exec(SCRIPT).orFail("looking at processes").stdout().lines().toList()) {
            String[] words = line.strip().split(" ", 3);
            walls.line(words[0], words[1], words[2]);
        }
        return walls;
    }

    private void line(String kind, String process, String rest) {
        List<String> words = List.of(rest.split(" ", -1));
        switch (kind) {
            case "main" -> outside = words;
            case "log" -> log = rest;
            case "task" -> {
                threads.computeIfAbsent(process, key -> new TreeSet<>()).add(words.getFirst());
                for (int i = 0; i < NAMESPACES.size(); i++) {
                    if (words.get(i + 1).equals(outside.get(i)) || words.get(i + 1).isEmpty()) {
                        fault(process, "namespace " + NAMESPACES.get(i) + " is the machine's");
                    }
                }
            }
            case "field" -> {
                String wanted = words.getFirst().equals("NoNewPrivs") ? "1" : words.getFirst().equals("Seccomp") ? "2" : "0".repeat(16);
                if (!words.get(1).equals(wanted)) {
                    fault(process, words.getFirst() + " is " + words.get(1));
                }
            }
            case "open" -> open.computeIfAbsent(process, key -> new ArrayList<>()).add(rest);
            default -> throw new AssertionError(kind + " " + rest);
        }
    }

    private void fault(String process, String what) {
        faults.computeIfAbsent(process, key -> new ArrayList<>()).add(what);
    }

    /// The processes of a device: those with a thread of its name.
    List<String> processes(String device) {
        return threads.entrySet().stream().filter(each -> each.getValue().contains(device)).map(Map.Entry::getKey).toList();
    }

    /// How many device processes there are.
    int count() {
        return threads.size();
    }

    /// What is wrong with a device's process.
    /// @param files what of the host's files it may hold
    List<String> faults(String device, Set<String> files) {
        List<String> found = new ArrayList<>();
        for (String process : processes(device)) {
            found.addAll(faults.getOrDefault(process, List.of()));
            int sockets = 0;
            for (String handle : open.getOrDefault(process, List.of())) {
                String target = handle.substring(handle.indexOf(' ') + 1);
                sockets += target.startsWith("socket:") ? 1 : 0;
                boolean known = HARMLESS.matcher(target).matches() || files.contains(target) || handle.equals("2 " + log);
                if (!known) {
                    found.add("open: " + handle);
                }
            }
            if (sockets > MAX_SOCKETS || open.getOrDefault(process, List.of()).isEmpty()) {
                found.add(sockets + " sockets of " + open.get(process));
            }
        }
        return found;
    }

    @Override
    public String toString() {
        return threads + " " + faults + " " + open;
    }
}
