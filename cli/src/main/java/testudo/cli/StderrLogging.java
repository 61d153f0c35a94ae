package testudo.cli;

import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.helpers.BasicMDCAdapter;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/// The logging of the command: standard error, filtered by `--log-level`. Needs no configuration file and starts in no time.
///
/// SLF4J makes the only instance, when the first logger is asked for.
public final class StderrLogging implements SLF4JServiceProvider {
    private final ConcurrentHashMap<String, StderrLogger> loggers = new ConcurrentHashMap<>();
    private final IMarkerFactory markers = new BasicMarkerFactory();
    private final MDCAdapter context = new BasicMDCAdapter();
    private volatile LogSettings current = LogSettings.of("info", "");

    /// Made by SLF4J.
    public StderrLogging() {}

    /// Changes what is logged from now on, where this provider is the one in use.
    static void apply(LogSettings settings) {
        if (LoggerFactory.getILoggerFactory() instanceof Factory factory) {
            factory.logging.current = settings;
        }
    }

    LogSettings current() {
        return current;
    }

    @Override
    public ILoggerFactory getLoggerFactory() {
        return new Factory(this);
    }

    @Override
    public IMarkerFactory getMarkerFactory() {
        return markers;
    }

    @Override
    public MDCAdapter getMDCAdapter() {
        return context;
    }

    @Override
    public String getRequestedApiVersion() {
        return "2.0.99";
    }

    @Override
    public void initialize() {
        // Everything is made with the instance.
    }

    private record Factory(StderrLogging logging) implements ILoggerFactory {
        @Override
        public Logger getLogger(String name) {
            return logging.loggers.computeIfAbsent(name, each -> new StderrLogger(each, logging, System.err));
        }
    }
}
