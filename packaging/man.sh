#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# man.sh AGON: writes the man page agon(1). What a command takes comes from the command itself, so
# that the page never says less than the program.
agon=$1
escape() { sed 's/\\/\\e/g; s/-/\\-/g; s/^\([.'"'"']\)/\\\&\1/'; }

version=$("$agon" --version | sed 's/^agon //')
printf '.TH AGON 1 "" "agon %s" "User commands"\n' "$version"
cat <<'PAGE'
.SH NAME
agon \- an arena for trading strategies
.SH SYNOPSIS
.B agon
.I COMMAND
[\fIOPTION\fR...]
.SH DESCRIPTION
A host process owns market data, orders, money, risk and time. Strategies and models are plugins,
shared objects written against a versioned C interface, each in a sandboxed process of its own.
Backtest, paper trading, live trading and replay drive the same engine.
.PP
Options are written \fB\-\-name\fR \fIvalue\fR or \fB\-\-name=\fR\fIvalue\fR; \fB\-\-\fR ends them.
Durations (\fB10s\fR, \fB250ms\fR), sizes (\fB64MiB\fR) and shares (\fB3%\fR) carry their unit, times
are UTC.
.SH COMMANDS
PAGE
"$agon" completion words | while read -r command; do
    help=$("$agon" help "$command")
    printf '.SS %s\n.nf\n' "$(sed -n '1s/^usage: //p' <<<"$help" | escape)"
    sed '1,2d' <<<"$help" | escape
    printf '.fi\n'
done
cat <<'PAGE'
.SH EXIT STATUS
.TP
0
All is well.
.TP
1
A check that was asked for failed.
.TP
2
The command line is wrong.
.TP
3
A configuration file is wrong.
.TP
4
A data file or a journal is bad.
.TP
5
Refused for safety.
.TP
6
The machine lacks something: a library, a port, room on a disk, standard output.
.TP
70
A mistake of agon itself.
.TP
130
Interrupted by a signal.
.SH FILES
.TP
.I agon.yaml
What
.B agon run
runs, unless
.B \-\-config
names another file; it names the files of the venue and of the roster.
.TP
.I $XDG_STATE_HOME/agon\fR, \fI~/.local/state/agon
The run directory, unless
.B \-\-dir
names another: lock and journal.
.TP
.I $CREDENTIALS_DIRECTORY\fR, \fI~/.config/agon/credentials
Keys, one file each of mode 0600 with a line
.I key:
and a line
.IR secret: .
.PP
Configuration is YAML. A mistake in it is reported with its file, line and column, what was expected
and what was probably meant.
.SH SIGNALS
.TP
.BR SIGINT ", " SIGTERM
End in good order: a host cancels what is open first.
.TP
.B SIGUSR2
The kill switch of a host: everything is cancelled and nothing new leaves, until it is started with
.BR \-\-resume .
.SH SEE ALSO
.BR pkg\-config (1)
finds the headers for plugins as
.BR agon\-sdk .
PAGE
