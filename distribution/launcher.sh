#!/bin/sh
# Starts Testudo from its image. One exec and no other process, unless this file is reached through a link.
self=$0
[ ! -L "$self" ] || self=$(readlink -f "$self")
# A command that only asks a running machine ends before the second compiler would pay.
case " $* " in
    *' run '* | *' device '* | *' demo '*) exec "${self%/*}/java" -m testudo.cli "$@" ;;
    *) exec "${self%/*}/java" -XX:TieredStopAtLevel=1 -m testudo.cli "$@" ;;
esac
