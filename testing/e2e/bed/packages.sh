# Fetches Debian packages through a private apt root: no change to the machine's own package sources or
# package database, no root needed. Sourced by ../prepare.

# suite_uri: the mirror this machine already uses.
suite_uri() {
    local uri
    uri=$(apt-get indextargets --format '$(REPO_URI)|$(COMPONENT)' 'Created-By: Packages' 2>/dev/null \
        | grep '|main$' | cut -d'|' -f1 | grep -v -e security -e '-updates' | grep '/debian/*$' | head -n 1) || true
    [ -n "$uri" ] || fail "no Debian mirror is configured on this machine (apt-get indextargets lists none)"
    printf '%s\n' "$uri"
}

# apt_folder SUITE: the folder of the private apt root for SUITE and architecture $ARCH.
apt_folder() {
    if [ "$ARCH" = amd64 ]; then printf '%s\n' "$CACHE/apt/$1"; else printf '%s\n' "$CACHE/apt/$1-$ARCH"; fi
}

# apt_root SUITE: makes the private apt root of SUITE and loads its package lists.
apt_root() {
    local suite=$1 root keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    root=$(apt_folder "$suite")
    [ -r "$keyring" ] || fail "missing $keyring; install debian-archive-keyring"
    mkdir -p "$root/lists/partial" "$root/archives/partial" "$root/state"
    : > "$root/status"
    if [ ! -e "$root/updated" ]; then
        say "package lists of $suite"
        package_lists "$suite" "$suite" "$keyring" || other_name "$suite" "$keyring" || fail "cannot load the package lists of $suite"
        touch "$root/updated"
    fi
}

# package_lists SUITE NAME KEYRING: loads SUITE's package lists, which the mirror has under NAME.
package_lists() {
    printf 'deb [arch=%s signed-by=%s] %s %s main\n' "$ARCH" "$3" "$(suite_uri)" "$2" > "$(apt_folder "$1")/sources.list"
    apt_in "$1" apt-get -qq -o APT::Update::Error-Mode=any update >&2
}

# other_name SUITE KEYRING: the same by the suite's other name, such as stable, which its release file tells. A cache between here and the mirror
# may hold a release file and lists of different days under the one name, for hours, and not under the other.
other_name() {
    local root name
    root=$(apt_folder "$1")
    name=$(find "$root/lists" -name '*InRelease' -exec sed -n 's/^Suite: //p' {} + | head -n 1)
    [ -n "$name" ] && [ "$name" != "$1" ] || return 1
    say "$1 can't be loaded; trying it as $name"
    package_lists "$1" "$name" "$2"
}

# apt_in SUITE COMMAND…: runs an apt command in the private root.
apt_in() {
    local suite=$1 root command=$2
    root=$(apt_folder "$suite")
    shift 2
    "$command" -o "Dir::Etc::sourcelist=$root/sources.list" -o Dir::Etc::sourceparts=- -o Dir::Etc::main=/dev/null \
        -o Dir::Etc::parts=/dev/null -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
        -o "Dir::State=$root/state" -o "Dir::State::lists=$root/lists" -o "Dir::State::status=$root/status" \
        -o "Dir::Cache=$root" -o "Dir::Cache::archives=$root/archives" -o Debug::NoLocking=1 \
        -o APT::Architecture="$ARCH" -o APT::Architectures::="$ARCH" -o APT::Sandbox::User=root \
        -o Acquire::Languages=none -o Acquire::Retries=3 "$@" < /dev/null
}

# fetch_closure SUITE LIST PACKAGE…: downloads PACKAGE… with all they depend on; writes the archive names to LIST.
fetch_closure() {
    local suite=$1 list=$2
    shift 2
    # apt prints one line per archive it still has to fetch, so the names are taken while the cache looks empty.
    apt_in "$suite" apt-get -qq -y --no-install-recommends --print-uris -o Dir::Cache::archives="$CACHE/apt/none" \
        install "$@" > "$list.uris" || fail "cannot resolve $* in $suite"
    awk '/^\047/ { print $2 }' "$list.uris" > "$list"
    [ -s "$list" ] || fail "apt named no archive for $* in $suite: $(cat "$list.uris")"
    apt_in "$suite" apt-get -qq -y --no-install-recommends --download-only install "$@" >&2 \
        || fail "cannot download $* from $suite"
    rm -f "$list.uris"
}

# unpack SUITE LIST TREE: unpacks the archives named in LIST over TREE with Debian's merged /usr; no maintainer script runs.
unpack() {
    local list=$2 tree=$3 archive archives
    archives=$(apt_folder "$1")/archives
    mkdir -p "$tree"/usr/{bin,sbin,lib,lib64} "$tree"/{dev,proc,sys,tmp,run,etc,root,mnt,var}
    ln -sfn usr/bin "$tree/bin"; ln -sfn usr/sbin "$tree/sbin"; ln -sfn usr/lib "$tree/lib"; ln -sfn usr/lib64 "$tree/lib64"
    while read -r archive; do
        dpkg-deb --fsys-tarfile "$archives/$archive" \
            | tar -x --keep-directory-symlink --no-same-owner -C "$tree" \
                --exclude='./usr/share/doc' --exclude='./usr/share/man' --exclude='./usr/share/locale' \
                --exclude='./usr/share/info' --exclude='./usr/share/icons' --exclude='./usr/share/perl*' \
                --exclude='./usr/lib/python3*' --exclude='./usr/share/python3*'
    done < "$list"
}

# tool NAME ARGUMENT…: runs a program of the tools tree with that tree's own C library, so that it does not matter which
# distribution this machine runs.
tool() {
    local name=$1 program folder
    shift
    for folder in usr/bin usr/sbin; do
        program=$TOOLS/$folder/$name
        [ -x "$program" ] && break
    done
    "$TOOLS/usr/lib64/ld-linux-x86-64.so.2" --library-path "$TOOLS/usr/lib/x86_64-linux-gnu" "$program" "$@"
}
