package testudo.platform.linux;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import org.jspecify.annotations.Nullable;
import testudo.spi.VmmException;
import testudo.spi.host.HostEvent;

/// Turns termination signals into an event.
///
/// `signalfd(2)` would need the signals blocked in every thread, and the JVM's own threads exist before we run; a handler of ours
/// would run foreign code on whatever JVM thread the signal meets. So this uses the JVM's own handling, by `sun.misc.Signal`
/// (module `jdk.unsupported`): its handler only posts a semaphore, and a thread of the JVM calls us. It is called by reflection
/// because javac's warning about it can't be suppressed, and warnings are errors here.
final class TerminationSignals implements InvocationHandler {
    private static final List<String> NAMES = List.of("TERM", "INT", "HUP");
    private static final int EXIT_BASE = 128;

    private final HostEvent event;
    private final int exitCode;
    private boolean received;

    private TerminationSignals(HostEvent event, int number) {
        this.event = event;
        this.exitCode = EXIT_BASE + number;
    }

    /// Makes the first signal of each kind an event; the next one ends the process, with its shutdown hooks.
    /// @throws VmmException.Host when the JVM leaves signals alone (`-Xrs`)
    static void signal(HostEvent event) {
        try {
            Class<?> signalType = Class.forName("sun.misc.Signal");
            Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
            Method handle = signalType.getMethod("handle", signalType, handlerType);
            for (String name : NAMES) {
                Object signal = signalType.getConstructor(String.class).newInstance(name);
                int number = (int) signalType.getMethod("getNumber").invoke(signal);
                Object handler = Proxy.newProxyInstance(
                        TerminationSignals.class.getClassLoader(),
                        new Class<?>[]{handlerType},
                        new TerminationSignals(event, number));
                handle.invoke(null, signal, handler);
            }
        } catch (ReflectiveOperationException refused) {
            throw new VmmException.Host(
                    VmmException.Kind.UNSUPPORTED, "cannot handle SIGTERM, SIGINT and SIGHUP; start without -Xrs", refused);
        }
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // what equals means for a handler
    public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments) {
        return switch (method.getName()) {
            case "handle" -> {
                received();
                yield null;
            }
            case "equals" -> arguments != null && proxy == arguments[0];
            case "hashCode" -> System.identityHashCode(proxy);
            default -> "termination signals";
        };
    }

    private synchronized void received() {
        if (received) {
            System.exit(exitCode);
        }
        received = true;
        event.signal();
    }
}
