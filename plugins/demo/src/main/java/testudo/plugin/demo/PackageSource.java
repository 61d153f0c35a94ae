package testudo.plugin.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import testudo.plugin.demo.HostPrograms.Failed;
import testudo.spi.VmmException;

/// The distribution's packages of some architecture, through an apt root of its own: nothing of the system's apt changes, and no right is needed.
///
/// The mirror is the one that this system uses. apt checks signatures against the system's keys and packages against the signed checksums. The
/// system's own apt configuration stays in force where it is about reaching mirrors (proxies); its hooks do not run.
final class PackageSource {
    /// What to do without packages.
    static final String WITHOUT = "pass --kernel FILE and --initrd FILE (an initramfs with /bin/busybox), or copy the cache of a machine"
            + " that has run the demo";

    /// The first release with a riscv64 port, and what stands for its successors.
    private static final List<String> RELEASES = List.of("trixie", "stable");
    private static final List<Path> KEYRINGS = List.of(
            Path.of("/usr/share/keyrings/debian-archive-keyring.pgp"), Path.of("/usr/share/keyrings/debian-archive-keyring.gpg"));
    private static final Pattern DEPENDS = Pattern.compile("^ *Depends: (linux-image-\\S+)");
    private static final Pattern PROGRESS = Pattern.compile("^dlstatus:\\d+:(\\d+)(?:\\.\\d+)?:");
    /// A release, not its updates, security fixes or backports.
    private static final Pattern RELEASE = Pattern.compile("[a-z]+");

    private final HostPrograms programs;
    private final Path work;
    private final GuestArchitecture architecture;
    private final Progress progress;

    /// Makes it.
    /// @param programs runs apt
    /// @param work an empty folder
    /// @param architecture of the packages
    /// @param progress shows what takes long
    PackageSource(HostPrograms programs, Path work, GuestArchitecture architecture, Progress progress) {
        this.programs = programs;
        this.work = work;
        this.architecture = architecture;
        this.progress = progress;
    }

    /// A place that packages may come from.
    /// @param uri of the mirror
    /// @param release such as `trixie`
    record Origin(String uri, String release) {}

    /// Packages that were fetched.
    /// @param kernelName name of the kernel's package
    /// @param kernel its archive
    /// @param busybox the archive of the static busybox
    record Packages(String kernelName, Path kernel, Path busybox) {}

    /// Fetches the packages of a guest.
    /// @throws VmmException.Host when apt is missing, no mirror has them or the network fails
    Packages fetch() throws IOException, InterruptedException {
        List<String> missing = programs.missing("apt-get", "apt-cache", "dpkg-deb", "tar");
        if (!missing.isEmpty()) {
            throw unavailable(VmmException.Kind.MISSING, "this system has no " + String.join(", ", missing));
        }
        List<Origin> origins = origins();
        if (origins.isEmpty()) {
            throw unavailable(VmmException.Kind.MISSING, "apt is configured with no mirror");
        }
        Set<String> reasons = new LinkedHashSet<>();
        for (Origin origin : origins) {
            try {
                return fetch(origin);
            } catch (Failed e) {
                reasons.add("%s %s: %s".formatted(origin.uri(), origin.release(), e.getMessage()));
            }
        }
        throw unavailable(VmmException.Kind.IO, String.join("\n  ", reasons));
    }

    private VmmException.Host unavailable(VmmException.Kind kind, String why) {
        return new VmmException.Host(kind, "the packages of a %s guest can't be fetched:\n  %s\n%s".formatted(
                architecture.debianName(), why, WITHOUT));
    }

    private List<Origin> origins() throws IOException, InterruptedException {
        List<String> lines = new ArrayList<>();
        try {
            programs.run(work, List.of("apt-get", "indextargets", "--format", "$(REPO_URI)|$(COMPONENT)|$(RELEASE)",
                    "Created-By: Packages"),
                    lines::add);
        } catch (Failed e) {
            throw unavailable(VmmException.Kind.IO, String.valueOf(e.getMessage()));
        }
        return origins(lines);
    }

    /// The places to try, best first.
    /// @param targets lines `URI|COMPONENT|RELEASE` about what the system's apt is configured with
    static List<Origin> origins(List<String> targets) {
        Set<String> uris = new LinkedHashSet<>();
        Set<String> releases = new LinkedHashSet<>(RELEASES.subList(0, 1));
        for (String target : targets) {
            String[] parts = target.split("\\|", -1);
            if (parts.length == 3 && parts[1].equals("main") && RELEASE.matcher(parts[2]).matches() && !parts[0].startsWith("cdrom:")) {
                uris.add(parts[0]);
                releases.add(parts[2]);
            }
        }
        releases.addAll(RELEASES);
        return releases.stream().flatMap(release -> uris.stream().map(uri -> new Origin(uri, release))).toList();
    }

    private Packages fetch(Origin origin) throws IOException, InterruptedException, Failed {
        Path configuration = configure(origin);
        String from = "-c=" + configuration;
        try (Progress.Step step = progress.step("reading the package lists of %s %s".formatted(origin.release(), architecture
                .debianName()))) {
            programs.run(work, List.of("apt-get", from, "-q", "update"), line -> watch(step, line));
        }
        String name = programs.firstLine(work, List.of("apt-cache", from, "depends", architecture.kernelPackage()), DEPENDS)
                .map(PackageSource::kernelName)
                .orElseThrow(() -> new Failed(architecture.kernelPackage() + " names no kernel"));
        try (Progress.Step step = progress.step("downloading " + name)) {
            programs.run(work, List.of("apt-get", from, "-q", "download", name, "busybox-static"), line -> watch(step, line));
        }
        return new Packages(name, archive(name), archive("busybox-static"));
    }

    private static String kernelName(String line) {
        Matcher matcher = DEPENDS.matcher(line);
        return matcher.find() ? matcher.group(1) : line;
    }

    private static void watch(Progress.Step step, String line) {
        Matcher matcher = PROGRESS.matcher(line);
        if (matcher.find()) {
            step.percent(Integer.parseInt(matcher.group(1)));
        }
    }

    private Path archive(String name) throws IOException, Failed {
        try (Stream<Path> files = Files.list(work)) {
            Optional<Path> found = files.filter(file -> String.valueOf(file.getFileName()).startsWith(name + "_")).findFirst();
            return found.orElseThrow(() -> new Failed("apt-get download left no archive of " + name));
        }
    }

    private Path configure(Origin origin) throws IOException {
        Path root = work.resolve("apt");
        for (String folder : List.of("lists/partial", "archives/partial", "state")) {
            Files.createDirectories(root.resolve(folder));
        }
        Files.writeString(root.resolve("status"), "");
        String keys = KEYRINGS.stream().filter(Files::isReadable).findFirst().map(file -> " signed-by=" + file).orElse("");
        Files.writeString(root.resolve("sources.list"), "deb [arch=%s target=Packages%s] %s %s main%n".formatted(
                architecture.debianName(), keys, origin.uri(), origin.release()));
        return Files.writeString(root.resolve("apt.conf"), """
                #clear APT::Architectures;
                #clear APT::Update::Pre-Invoke;
                #clear APT::Update::Post-Invoke;
                #clear APT::Update::Post-Invoke-Success;
                APT::Architecture "%2$s";
                APT::Architectures { "%2$s"; };
                APT::Default-Release "";
                APT::Sandbox::User "";
                APT::Status-Fd "1";
                APT::Update::Error-Mode "any";
                Acquire::Languages "none";
                Acquire::Retries "2";
                Acquire::http::Timeout "20";
                Acquire::https::Timeout "20";
                Debug::NoLocking "true";
                Dir::Etc::SourceList "%1$s/sources.list";
                Dir::Etc::SourceParts "/dev/null";
                Dir::Etc::Preferences "/dev/null";
                Dir::Etc::PreferencesParts "/dev/null";
                Dir::State "%1$s/state";
                Dir::State::Lists "%1$s/lists";
                Dir::State::Status "%1$s/status";
                Dir::Cache "%1$s";
                Dir::Cache::Archives "%1$s/archives";
                """.formatted(root, architecture.debianName()));
    }
}
