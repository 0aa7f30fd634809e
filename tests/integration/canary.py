#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Are secrets in what can be read? canary.py NEEDLES [--memory PID | --locked PID | FILE...]

NEEDLES has a secret a line, as text or as hex:DIGITS for bytes; each is looked for as it is, in hex and in base64.
FILE may be a folder: all files in it. --memory is what a core file of that process would hold: each mapping that can be
read and is not left out of core files; --locked is what is left out, where the secrets are. Ends with 0 when there was
something to read, all of it was read, and nothing was found; with 1 and a line each for what was found; with 2 and a line
for what could not be read: where nothing was looked at nothing is shown."""
import base64, os, re, stat, sys

CHUNK = 16 << 20


def needles(path):
    found = {}
    for line in open(path).read().split("\n"):
        if not line:
            continue
        raw = bytes.fromhex(line[4:]) if line.startswith("hex:") else line.encode()
        text = base64.b64encode(raw).rstrip(b"=")
        for form in (raw, raw.hex().encode(), raw.hex().upper().encode(), text):
            found[form] = line[:8]
    if not found:
        raise OSError("no needles in " + path)
    return found


def look(where, chunks, forms):
    """Bytes that were read, and what is in them. A needle may lie across two chunks."""
    n, hits, tail, longest = 0, [], b"", max(map(len, forms))
    for chunk in chunks:
        n += len(chunk)
        text = tail + chunk
        hits += ["%s: %s... (%d bytes of it)" % (where, name, len(form)) for form, name in forms.items() if form in text]
        tail = text[-longest:]
    return n, hits


def of_file(path):
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def of_mapping(memory, start, end):
    for at in range(start, end, CHUNK):
        memory.seek(at)
        yield memory.read(min(CHUNK, end - at))


def files(paths):
    for path in paths:
        if not os.path.isdir(path):
            yield path
            continue
        for folder, _, names in os.walk(path, onerror=raise_it):
            for name in names:
                if stat.S_ISREG(os.lstat(os.path.join(folder, name)).st_mode):
                    yield os.path.join(folder, name)


def raise_it(error):
    raise error


def mappings(pid, is_left_out):
    """(start, end, name) of those that have pages and are, or are not, left out of core files."""
    text = open("/proc/%s/smaps" % pid).read()
    for one in re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", text, flags=re.M)[1:]:
        head = one.split("\n", 1)[0].split(None, 5)
        flags = re.search(r"^VmFlags:(.*)$", one, re.M).group(1).split()
        has_pages = re.search(r"^(Rss|Swap): +[1-9]", one, re.M)
        name = head[5] if len(head) > 5 else ""
        if name in ("[vvar]", "[vvar_vclock]", "[vsyscall]") or "io" in flags or "pf" in flags:
            continue
        if has_pages and ("rd" in flags) and ("dd" in flags) == is_left_out:
            yield int(head[0].split("-")[0], 16), int(head[0].split("-")[1], 16), name


def of_process(pid, is_left_out, forms):
    """It goes on meanwhile: where it has given a mapping back in between, all is looked at anew."""
    for attempt in range(20):
        n, hits = 0, []
        with open("/proc/%s/mem" % pid, "rb", buffering=0) as memory:
            for one in list(mappings(pid, is_left_out)):
                start, end, name = one
                try:
                    some, more = look("%x %s" % (start, name), of_mapping(memory, start, end), forms)
                except OSError:
                    if attempt == 19 or one in mappings(pid, is_left_out):
                        raise
                    break
                n, hits = n + some, hits + more
            else:
                return n, hits


def main():
    n, hits, forms = 0, [], needles(sys.argv[1])
    if sys.argv[2] in ("--memory", "--locked"):
        pid = sys.argv[3]
        n, hits = of_process(pid, sys.argv[2] == "--locked", forms)
    else:
        for path in files(sys.argv[2:]):
            some, more = look(path, of_file(path), forms)
            n, hits = n + some, hits + more
    if hits:
        print("\n".join(hits[:10]))
        return 1
    if n == 0:
        print("nothing could be read")
        return 2
    print("%d bytes, 0 hits" % n)
    return 0


try:
    sys.exit(main())
except (OSError, ValueError, AttributeError) as error:
    print("not read: %s" % error)
    sys.exit(2)
