#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# man-beside.sh PROGRAM NAME VERSION WHAT: writes the man page of a program beside agon. Its options come from the program itself.
escape() { sed 's/\\/\\e/g; s/-/\\-/g; s/^\([.'"'"']\)/\\\&\1/'; }
help=$("$1" --help)

printf '.TH %s 1 "" "agon %s" "User commands"\n.SH NAME\n%s \\- %s\n.SH SYNOPSIS\n' "$(escape <<<"${2^^}")" "$3" "$(escape <<<"$2")" "$(escape <<<"$4")"
printf '.nf\n%s\n.fi\n.SH DESCRIPTION\n' "$(sed -n '1s/^usage: //p' <<<"$help" | escape)"
sed '1d; /^  /d' <<<"$help" | escape
printf '.SH OPTIONS\n.nf\n'
sed -n '/^  /p' <<<"$help" | escape
cat <<'PAGE'
.fi
.SH SEE ALSO
.BR agon (1)
PAGE
