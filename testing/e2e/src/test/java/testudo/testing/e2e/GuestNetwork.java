package testudo.testing.e2e;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/// Files between a guest and its host, over HTTP, with the busybox that both have. Whoever fetches compares hashes.
///
/// @param host where the product runs
/// @param busybox the program, there
record GuestNetwork(Host host, String busybox) {
    /// The busybox of a backend's host.
    static GuestNetwork of(Host host, Backend backend) {
        return new GuestNetwork(host, backend == Backend.KVM ? "busybox" : host.material() + "/../tools/usr/bin/busybox");
    }

    /// A port that nobody listens on now, on this machine; hosts in an emulation have all of theirs free.
    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /// The shell command that serves files of the host until it is killed.
    String server(String address, int port) throws IOException, InterruptedException {
        host.exec("mkdir -p " + files()).orFail("a folder for files");
        return busybox + " httpd -f -p " + address + ":" + port + " -h " + files();
    }

    private String files() {
        return host.folder() + "/files";
    }

    /// Puts random bytes where the host's server finds them.
    /// @return their hash
    String offer(String name, int kibibytes) throws IOException, InterruptedException {
        String path = files() + "/" + name;
        return host.exec("mkdir -p " + files() + "; dd if=/dev/urandom of=" + path + " bs=1024 count=" + kibibytes
                + " 2> /dev/null; sha256sum < " + path).orFail("making " + path).stdout().strip();
    }

    /// The guest fetches a file of the host.
    /// @return its hash
    static String fetch(Guest guest, String url) throws IOException, InterruptedException {
        return guest.run("wget -q -O - " + url + " | sha256sum");
    }

    /// The guest serves a file of random bytes.
    /// @return its hash
    static String serve(Guest guest, int port, String name, int kibibytes) throws IOException, InterruptedException {
        return guest.run("mkdir -p /tmp/files; dd if=/dev/urandom of=/tmp/files/" + name + " bs=1024 count=" + kibibytes
                + " 2> /dev/null; httpd -p " + port + " -h /tmp/files; sha256sum < /tmp/files/" + name);
    }

    /// The host fetches a file of the guest.
    /// @return its hash
    String fetch(String url) throws IOException, InterruptedException {
        return host.exec(busybox + " wget -q -O - " + url + " | sha256sum").orFail("fetching " + url).stdout().strip();
    }
}
