#!/bin/sh
# Starts Testudo from its image. One exec and no other process, unless this file is reached through a link.
self=$0
[ ! -L "$self" ] || self=$(readlink -f "$self")
exec "${self%/*}/java" -m testudo.cli "$@"
