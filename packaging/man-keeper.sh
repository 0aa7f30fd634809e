#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# man-keeper.sh KEEPER VERSION: writes the man page agon-keeper(1). Its options come from the program itself.
escape() { sed 's/\\/\\e/g; s/-/\\-/g; s/^\([.'"'"']\)/\\\&\1/'; }
help=$("$1" --help)

printf '.TH AGON\\-KEEPER 1 "" "agon %s" "User commands"\n' "$2"
cat <<'PAGE'
.SH NAME
agon\-keeper \- cancels what a host that died or hangs left open
.SH SYNOPSIS
PAGE
printf '.nf\n%s\n.fi\n.SH DESCRIPTION\n' "$(sed -n '1s/^usage: //p' <<<"$help" | escape)"
sed '1d; /^  /d' <<<"$help" | escape
printf '.SH OPTIONS\n.nf\n'
sed -n '/^  /p' <<<"$help" | escape
cat <<'PAGE'
.fi
.SH SEE ALSO
.BR agon (1)
PAGE
