# Disks of the bed, made by mke2fs from folders: no mounting, no root. Sourced by ../prepare.

# build_tree SUITE TREE PACKAGE…: TREE with PACKAGE… and what they depend on; kept while the archives' names are the same.
build_tree() {
    local suite=$1 tree=$2 list=$2.list
    shift 2
    fetch_closure "$suite" "$WORK/list" "$@"
    if [ -d "$tree" ] && cmp -s "$WORK/list" "$list"; then return; fi
    rm -rf "$tree" "$tree.new" "$list"
    unpack "$suite" "$WORK/list" "$tree.new"
    mv "$tree.new" "$tree"
    mv "$WORK/list" "$list"
}

# make_ext4 FOLDER DISK SIZE: an ext4 disk with the content of FOLDER. SIZE as mke2fs takes it.
make_ext4() {
    local folder=$1 disk=$2 size=$3
    rm -f "$disk.new"
    tool mke2fs -q -t ext4 -d "$folder" -E root_owner=0:0,lazy_itable_init=0,lazy_journal_init=0 "$disk.new" "$size" >&2 \
        || fail "cannot make $disk"
    mv "$disk.new" "$disk"
}

# copy_tree FROM TO: a copy of hard links where the file system allows it.
copy_tree() {
    cp -al "$1" "$2" 2>/dev/null || { rm -rf "$2"; cp -a "$1" "$2"; }
}

# add_applets TREE: links for the busybox programs that TREE has no other program for. The shell is not busybox's own there:
# that one prefers its built-in programs to what the path names.
add_applets() {
    local tree=$1 applet
    for applet in $("$TOOLS/usr/bin/busybox" --list); do
        [ -e "$tree/usr/bin/$applet" ] || [ -L "$tree/usr/bin/$applet" ] || [ -e "$tree/usr/sbin/$applet" ] \
            || ln -s busybox "$tree/usr/bin/$applet"
    done
}

# guest_disk DISK: the root file system with the test programs.
guest_disk() {
    copy_tree "$GUEST_TREE" "$WORK/guest"
    add_applets "$WORK/guest"
    ln -sf dash "$WORK/guest/usr/bin/sh"
    rm -f "$WORK/guest/usr/sbin/init"
    install -m 755 "$BED/guest-shell" "$WORK/guest/usr/sbin/init"
    install -m 755 "$BED/vsock-peer" "$WORK/guest/usr/bin/vsock-peer"
    make_ext4 "$WORK/guest" "$1" 768M
}

# kernel_folder FOLDER NAME: FOLDER/kernels/NAME with the kernel, its release and its initramfs.
kernel_folder() {
    local folder=$1/kernels/$2
    mkdir -p "$folder"
    ln -f "$CACHE/kernels/$2/image" "$CACHE/kernels/$2/release" "$folder/"
    # shellcheck disable=SC2086 # a list of words
    make_initramfs "$2" "$BED/initramfs-init" "$folder/initramfs" $GUEST_MODULES
}

build_disks() {
    local name material=$WORK/material
    mkdir -p "$OUT"
    rm -f "$OUT/inputs"
    say "disk of the outer Linux"
    copy_tree "$OUTER_TREE" "$WORK/outer"
    add_applets "$WORK/outer"
    ln -sf dash "$WORK/outer/usr/bin/sh"
    mkdir -p "$WORK/outer/material" "$WORK/outer/image" "$WORK/outer/scratch" "$WORK/outer/usr/sbin"
    ln -sfn /run "$WORK/outer/var/run"
    ln -sfn /run/resolv.conf "$WORK/outer/etc/resolv.conf"
    echo 'root:x:0:0:root:/:/bin/sh' > "$WORK/outer/etc/passwd" # for programs that look up who they are to be
    echo 'root:x:0:' > "$WORK/outer/etc/group"
    rm -f "$WORK/outer/usr/sbin/init"
    install -m 755 "$BED/outer-init" "$WORK/outer/usr/sbin/init"
    install -m 755 "$BED/outer-agent" "$BED/vsock-peer" "$WORK/outer/usr/bin/"
    make_ext4 "$WORK/outer" "$OUT/outer.ext4" 512M
    # shellcheck disable=SC2086 # a list of words
    make_initramfs 6.12-cloud "$BED/initramfs-init" "$OUT/outer.initramfs" $OUTER_MODULES
    cp "$CACHE/kernels/6.12-cloud/image" "$OUT/outer.bzImage"

    say "disks of the guests"
    mkdir -p "$material/kernels"
    guest_disk "$material/root.ext4"
    mkdir -p "$WORK/small"/{bin,sbin,dev,proc,sys,tmp,run,data}
    cp "$GUEST_TREE/usr/bin/busybox" "$WORK/small/bin/busybox"
    for name in $("$TOOLS/usr/bin/busybox" --list); do
        [ "$name" = busybox ] || ln -s busybox "$WORK/small/bin/$name"
    done
    install -m 755 "$BED/guest-shell" "$WORK/small/sbin/init"
    make_ext4 "$WORK/small" "$material/small.ext4" 64M
    for name in 6.12-cloud 6.12-generic 6.1-cloud 6.1-generic; do
        kernel_folder "$material" "$name"
        ln "$CACHE/kernels/$name/vmlinux" "$material/kernels/$name/"
    done
    make_ext4 "$material" "$OUT/material.ext4" 2G
}

# image_disk FOLDER: the disk that carries FOLDER into the outer Linux, one per content; prints its path. All such disks have
# one size, because the outer Linux learned the size of the disk before its state was saved.
image_disk() {
    local folder=$1 hash disk
    [ -d "$folder" ] || fail "no such folder: $folder"
    hash=$(cd "$folder" && {
        find . -printf '%P %m %l\n' | LC_ALL=C sort
        find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
    } | sha256sum | cut -c 1-16)
    disk=$CACHE/images/$hash.ext4
    mkdir -p "$CACHE/images"
    if [ ! -e "$disk" ]; then
        say "disk with $folder"
        # The newest few are kept: an image is rebuilt often, its disks are large.
        find "$CACHE/images" -name '*.ext4' -printf '%T@ %p\n' | sort -rn | tail -n +4 | cut -d' ' -f2- | xargs -r rm -f
        make_ext4 "$folder" "$disk" 1G
    fi
    touch "$disk"
    printf '%s\n' "$disk"
}
