package testudo.cli;

import java.io.PrintStream;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;

/// Writes one line a message: time, level, source, text. Any thread.
final class StderrLogger extends LegacyAbstractLogger {
    private static final long serialVersionUID = 1L;

    private final transient StderrLogging settings;
    private final transient PrintStream err;

    /// Makes a logger.
    StderrLogger(String name, StderrLogging settings, PrintStream err) {
        this.name = name;
        this.settings = settings;
        this.err = err;
    }

    private boolean writes(Level level) {
        return level.toInt() >= settings.current().level(name);
    }

    @Override
    protected @Nullable String getFullyQualifiedCallerName() {
        return null;
    }

    @Override
    protected void handleNormalizedLoggingCall(
            Level level, @Nullable Marker marker, String message, Object @Nullable [] arguments, @Nullable Throwable cause) {
        String tag = settings.current().tag();
        StringBuilder line = new StringBuilder(120)
                .append(OffsetDateTime.now().truncatedTo(ChronoUnit.MICROS)).append(' ')
                .append(tag.isEmpty() ? "" : tag + " ")
                .append(level).append(' ')
                .append(name.startsWith("testudo.") ? name.substring("testudo.".length()) : name).append(": ")
                .append(MessageFormatter.basicArrayFormat(message, arguments));
        synchronized (err) {
            err.println(line);
            if (cause != null) {
                cause.printStackTrace(err);
            }
        }
    }

    @Override
    public boolean isTraceEnabled() {
        return writes(Level.TRACE);
    }

    @Override
    public boolean isDebugEnabled() {
        return writes(Level.DEBUG);
    }

    @Override
    public boolean isInfoEnabled() {
        return writes(Level.INFO);
    }

    @Override
    public boolean isWarnEnabled() {
        return writes(Level.WARN);
    }

    @Override
    public boolean isErrorEnabled() {
        return writes(Level.ERROR);
    }
}
