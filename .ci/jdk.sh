# Sourced by ./testudo, ./verify and distribution/link: sets and exports JAVA_HOME to a JDK of at least this release.
testudo_jdk_release=25

# Succeeds when the folder $1 is a whole JDK, new enough.
testudo_is_jdk() {
    [ -x "$1/bin/javac" ] && [ -x "$1/bin/jlink" ] && [ -r "$1/release" ] || return 1
    local line version
    while IFS= read -r line; do
        case $line in
            JAVA_VERSION=*)
                version=${line#JAVA_VERSION=}
                version=${version//\"/}
                version=${version%%[.+-]*}
                [ "$version" -ge "$testudo_jdk_release" ] 2>/dev/null
                return
                ;;
        esac
    done <"$1/release"
    return 1
}

# Looks where JDKs usually are; says in one line what to install when there is none.
testudo_find_jdk() {
    local candidate on_path
    on_path=$(command -v javac 2>/dev/null || true)
    [ -z "$on_path" ] || on_path=$(readlink -f "$on_path")
    for candidate in "${JAVA_HOME:-}" "${JDK_HOME:-}" "${on_path%/bin/javac}" /usr/lib/jvm/* /usr/java/* /usr/local/*jdk* /opt/*jdk* /opt/java/* \
        "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* "$HOME"/.local/share/mise/installs/java/* "$HOME"/.asdf/installs/java/*; do
        if [ -n "$candidate" ] && testudo_is_jdk "$candidate"; then
            export JAVA_HOME=$candidate
            return 0
        fi
    done
    echo "testudo: no JDK $testudo_jdk_release or later found; install one (Debian: apt install openjdk-$testudo_jdk_release-jdk-headless; or Eclipse Temurin) or set JAVA_HOME" >&2
    return 1
}

# Says in one line what to install when Maven is missing.
testudo_find_maven() {
    command -v mvn >/dev/null 2>&1 && return 0
    echo "testudo: Maven (mvn) not found; install 3.8.6 or later (Debian: apt install maven)" >&2
    return 1
}
