#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Presses keys in `agon top` on a terminal of its own: top_keys.py AGON DIR KEYS [COMMAND...]. Each key is pressed when what
was asked for by those before it is drawn: a picture, or after K the question. q ends it at last. COMMAND goes before AGON."""
import fcntl, os, pty, struct, sys, termios

agon, where, keys, before = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
pid, terminal = pty.fork()
if pid == 0:
    command = before + [agon, "top", "--dir", where, "--every", "200ms"]
    os.execvp(command[0], command)
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
seen = b""


def wait_for(word):
    global seen
    while word not in seen:
        try:
            more = os.read(terminal, 65536)
        except OSError:
            more = b""
        if not more:
            sys.exit("agon top ended before '%s' was drawn: %r" % (word.decode(), seen[-300:]))
        seen += more
    seen = seen[seen.index(word) + len(word):]


is_asked = False
for key in keys:
    wait_for(b"once more throws the kill switch" if is_asked else b"\x1b[Kequity ")
    is_asked = key == "K" and not is_asked
    os.write(terminal, key.encode())
# What the last key did is done when another picture is drawn: after the one that may be on its way.
if is_asked:
    wait_for(b"once more throws the kill switch")
    os.write(terminal, b"n")
wait_for(b"\x1b[Kequity ")
wait_for(b"\x1b[Kequity ")
os.write(terminal, b"q")
try:
    while os.read(terminal, 65536):
        pass
except OSError:
    pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
