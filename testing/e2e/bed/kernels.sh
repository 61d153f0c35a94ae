# Debian kernels: download, unpack, uncompress, and an initramfs each. Sourced by ../prepare.

# What a guest can meet. A kernel has each of these built in, as a module, or not at all (then the device has no driver there).
GUEST_MODULES="virtio_pci virtio_blk virtio_console virtio_rng virtio_balloon virtio_net virtio_pmem virtio_input
    vmw_vsock_virtio_transport virtiofs 9pnet_virtio 9p ext4 ext2 overlay crc32c_generic pvpanic_pci xhci_pci i6300esb"
OUTER_MODULES="virtio_pci virtio_blk virtio_console virtio_rng ext4 crc32c_generic kvm kvm_amd tun vhost_net vhost_vsock fuse overlay loop
    macvtap veth sch_netem"

# fetch_kernel NAME SUITE PACKAGE: unpacks the kernel that PACKAGE stands for to $CACHE/kernels/NAME.
fetch_kernel() {
    local name=$1 suite=$2 meta=$3 folder=$CACHE/kernels/$1 package archive
    package=$(apt_in "$suite" apt-cache depends "$meta" | awk '/Depends: linux-image-/ { print $2; exit }')
    [ -n "$package" ] || fail "$meta of $suite names no kernel package"
    [ "$(cat "$folder/package" 2>/dev/null)" = "$package" ] && [ -e "$folder/image" ] && return
    say "kernel $name: $package"
    rm -rf "$folder"; mkdir -p "$folder/tree"
    (cd "$folder" && apt_in "$suite" apt-get -qq download "$package" >&2) || fail "cannot download $package from $suite"
    archive=$(echo "$folder"/*.deb)
    dpkg-deb -x "$archive" "$folder/tree"
    rm -f "$archive"
    cp "$folder"/tree/boot/vmlinu[xz]-* "$folder/image"
    cp "$folder"/tree/boot/config-* "$folder/config"
    # Debian's folder is lib/ or usr/lib/, by the release; both become lib/.
    if [ ! -d "$folder/tree/lib/modules" ]; then mv "$folder/tree/usr/lib" "$folder/tree/lib"; fi
    [ "$ARCH" != amd64 ] || extract_vmlinux "$folder/image" "$folder/vmlinux"
    basename "$folder"/tree/lib/modules/* > "$folder/release"
    find "$folder/tree" -name '*.ko.xz' -print0 > "$folder/compressed"
    xargs -0 -r "$TOOLS/usr/lib64/ld-linux-x86-64.so.2" --library-path "$TOOLS/usr/lib/x86_64-linux-gnu" \
        "$TOOLS/usr/bin/xz" -d < "$folder/compressed"
    tool depmod -b "$folder/tree" "$(cat "$folder/release")"
    echo "$package" > "$folder/package"
}

# number FILE OFFSET BYTES: an unsigned little-endian number of a file.
number() {
    od -An -v -t "u$3" -j "$2" -N "$3" --endian=little "$1" | tr -d ' '
}

# extract_vmlinux BZIMAGE VMLINUX: the kernel's ELF file, which the boot protocol's header locates inside a bzImage:
# setup_sects (offset 0x1f1), payload_offset (0x248) counted from the protected-mode code, payload_length (0x24c).
# The payload ends in four bytes with its uncompressed size.
extract_vmlinux() {
    local image=$1 out=$2 sectors start length magic
    [ "$(dd if="$image" bs=1 skip=514 count=4 2>/dev/null)" = HdrS ] || fail "$image is not a bzImage"
    sectors=$(number "$image" $((0x1f1)) 1)
    [ "$sectors" -ne 0 ] || sectors=4
    start=$(((sectors + 1) * 512 + $(number "$image" $((0x248)) 4)))
    length=$(number "$image" $((0x24c)) 4)
    magic=$(od -An -t x1 -j "$start" -N 4 "$image" | tr -d ' ')
    dd if="$image" of="$out.payload" iflag=skip_bytes,count_bytes bs=1M skip="$start" count=$((length - 4)) 2>/dev/null
    case $magic in
        fd377a58) tool xz -dc < "$out.payload" > "$out" ;;
        28b52ffd) tool zstd -qdc < "$out.payload" > "$out" ;;
        02214c18) tool lz4 -qdc < "$out.payload" > "$out" ;;
        1f8b*) gzip -dc < "$out.payload" > "$out" ;;
        *) fail "$image: unknown compression, magic $magic" ;;
    esac
    rm -f "$out.payload"
    [ "$(od -An -t x1 -N 4 "$out" | tr -d ' ')" = 7f454c46 ] || fail "$image: its payload is not an ELF file"
}

# module_order NAME MODULE…: paths, below the kernel's module folder, of the modules and what they need, in loading order.
module_order() {
    local folder=$CACHE/kernels/$1
    shift
    local modules
    modules=$folder/tree/lib/modules/$(cat "$folder/release")
    awk -v "wanted=$*" '
        function plain(path,   name) { name = path; sub(/.*\//, "", name); sub(/\.ko$/, "", name); gsub(/-/, "_", name); return name }
        function visit(path,   i, n, needs) {
            if (path in seen) return
            seen[path] = 1
            n = split(depends[path], needs, " ")
            for (i = n; i >= 1; i--) visit(needs[i])
            print path
        }
        { path = $1; sub(/:$/, "", path); byName[plain(path)] = path; $1 = ""; depends[path] = $0 }
        END { n = split(wanted, names, " "); for (i = 1; i <= n; i++) if (names[i] in byName) visit(byName[names[i]]) }
    ' "$modules/modules.dep"
}

# make_initramfs KERNEL INIT OUT MODULE…: an uncompressed initramfs: busybox, INIT as /init, the modules, their loading order.
make_initramfs() {
    local kernel=$1 init=$2 out=$3 folder=$CACHE/kernels/$1 tree=$WORK/initramfs modules path
    shift 3
    modules=$folder/tree/lib/modules/$(cat "$folder/release")
    rm -rf "$tree"; mkdir -p "$tree"/{bin,dev,proc,sys,tmp,run,newroot,modules}
    cp "$GUEST_TREE/usr/bin/busybox" "$tree/bin/busybox"
    ln -s busybox "$tree/bin/sh"
    install -m 755 "$init" "$tree/init"
    install -m 755 "$BED/guest-shell" "$tree/bin/guest-shell"
    module_order "$kernel" "$@" | while read -r path; do
        cp "$modules/$path" "$tree/modules/"
        basename "$path"
    done > "$WORK/order"
    mv "$WORK/order" "$tree/modules/order"
    (cd "$tree" && find . | LC_ALL=C sort | tool cpio --quiet -o -H newc --reproducible -R 0:0) > "$out.new"
    mv "$out.new" "$out"
}
