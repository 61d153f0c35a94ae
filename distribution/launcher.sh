#!/bin/sh
# Starts Testudo from its image. One exec and no other process, unless this file is reached through a link.
self=$0
[ ! -L "$self" ] || self=$(readlink -f "$self")
# A command that only asks a running machine ends before the second compiler would pay.
case " $* " in
    # A machine in software comes to every instruction at some time. Code compiled without the ways that were not yet taken would be thrown away
    # again and again, and the interpreter is hot from its first second (ADR 014, ADR 015). Devices on KVM keep the JVM's own limit.
    *' demo '* | *' --hypervisor soft'* | *' --hypervisor=soft'*)
        exec "${self%/*}/java" -XX:PerMethodTrapLimit=0 -XX:-UseOnStackReplacement -XX:-ProfileExceptionHandlers -XX:CompileCommand=quiet \
            '-XX:CompileCommand=CompileThresholdScaling,testudo.hypervisor.soft.cpu.*::*,0.1' \
            '-XX:CompileCommand=CompileThresholdScaling,testudo.hypervisor.soft.mmu.*::*,0.1' \
            '-XX:CompileCommand=CompileThresholdScaling,testudo.hypervisor.soft.jit.Translated*::*,0.3' \
            '-XX:CompileCommand=CompileThresholdScaling,testudo.hypervisor.soft.jit.Retranslated*::*,0.1' \
            '-XX:CompileCommand=dontinline,testudo.hypervisor.soft.mmu.CalledPath::*' -m testudo.cli "$@"
        ;;
    *' run '* | *' device '*) exec "${self%/*}/java" -m testudo.cli "$@" ;;
    *) exec "${self%/*}/java" -XX:TieredStopAtLevel=1 -m testudo.cli "$@" ;;
esac
