# The outer machine's command line and its saved state. Sourced by ../prepare.

# outer_command: the outer machine, one argument a line. @RUN@ stands for a run's own folder (sockets, console, scratch disk),
# @IMAGE@ for the disk with the image under test. Saving and restoring need the same machine, so there is one list for both.
outer_command() {
    local argument
    local arguments=(
        "$TOOLS/usr/lib64/ld-linux-x86-64.so.2" --library-path "$TOOLS/usr/lib/x86_64-linux-gnu"
        "$TOOLS/usr/bin/qemu-system-x86_64"
        -L "$TOOLS/usr/share/qemu" -L "$TOOLS/usr/share/seabios"
        -nodefaults -no-user-config -display none -no-reboot
        -accel tcg,thread=multi,tb-size=1024 -M q35 -cpu EPYC,+svm,+npt -smp 1 -m 3G
        -kernel "$OUT/outer.bzImage" -initrd "$OUT/outer.initramfs"
        -append "console=ttyS0 root=/dev/vda ro panic=-1 mitigations=off quiet kvm_amd.nested=0"
        -chardev "file,id=console,path=@RUN@/outer-console.txt" -serial chardev:console
        -drive "if=none,id=root,file=$OUT/outer.ext4,format=raw,read-only=on" -device virtio-blk-pci,drive=root
        -drive "if=none,id=material,file=$OUT/material.ext4,format=raw,read-only=on" -device virtio-blk-pci,drive=material
        -drive "if=none,id=image,file=@IMAGE@,format=raw,read-only=on" -device virtio-blk-pci,drive=image
        -drive "if=none,id=scratch,file=@RUN@/scratch.raw,format=raw,discard=unmap,cache=unsafe"
        -device virtio-blk-pci,drive=scratch
        -device virtio-rng-pci
        -device virtio-serial-pci,max_ports=8
    )
    for argument in agent console-1 console-2 console-3; do
        arguments+=(-chardev "socket,id=$argument,path=@RUN@/$argument.sock,server=on,wait=off"
            -device "virtserialport,chardev=$argument,name=$argument")
    done
    printf '%s\n' "${arguments[@]}"
}

# save_state: boots the outer Linux to its waiting agent, once, and saves it. No guest has run in it by then, which matters:
# a state with a guest inside cannot be restored.
save_state() {
    local run=$WORK/run argument tries=0
    local command=()
    say "state of the outer Linux (boots it once)"
    mkdir -p "$run"
    outer_command > "$OUT/outer.command"
    truncate -s 1G "$run/image.raw"
    truncate -s 4G "$run/scratch.raw"
    while read -r argument; do
        argument=${argument//@RUN@/$run}
        command+=("${argument//@IMAGE@/$run/image.raw}")
    done < "$OUT/outer.command"
    mkfifo "$run/monitor"
    "${command[@]}" -monitor stdio < "$run/monitor" > "$run/monitor.txt" 2>&1 9>&- &
    QEMU_PID=$!
    exec 8> "$run/monitor"
    until grep -q 'outer: waiting' "$run/outer-console.txt" 2>/dev/null; do
        tries=$((tries + 1))
        kill -0 "$QEMU_PID" 2>/dev/null || fail "QEMU ended: $(cat "$run/monitor.txt")"
        [ "$tries" -lt 600 ] || fail "the outer Linux does not start; its console ends: $(tail -n 30 "$run/outer-console.txt")"
        sleep 0.5
    done
    ! grep 'outer: no' "$run/outer-console.txt" >&2 || fail "the outer Linux is incomplete; its console is above"
    sleep 1 # lets its kernel come to rest
    printf 'stop\nmigrate file:%s\nquit\n' "$OUT/outer.state.new" >&8
    exec 8>&-
    wait "$QEMU_PID" || fail "QEMU could not save the state: $(cat "$run/monitor.txt")"
    QEMU_PID=
    [ -s "$OUT/outer.state.new" ] || fail "QEMU saved no state: $(cat "$run/monitor.txt")"
    mv "$OUT/outer.state.new" "$OUT/outer.state"
    say "saved $(du -h "$OUT/outer.state" | cut -f1)"
}
