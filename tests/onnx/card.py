#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""card.py FILE.onnx: the texts of its metadata, as KEY=TEXT, and x=TEXT of its input, read by the numbers of onnx.proto3."""
import sys


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def fields(data):
    """(number, value) of a message; value is bytes, or a whole number."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 2:
            n, at = varint(data, at)
            value, at = data[at : at + n], at + n
            if len(value) != n:
                sys.exit("truncated")
        elif key & 7 == 5:
            value, at = data[at : at + 4], at + 4
        else:
            sys.exit(f"a field of kind {key & 7}")
        yield key >> 3, value


def main():
    lines = []
    with open(sys.argv[1], "rb") as file:
        model = list(fields(file.read()))
    for number, value in model:
        if number == 14:  # ModelProto.metadata_props
            entry = dict(fields(value))
            lines.append(f"{entry[1].decode()}={entry[2].decode()}")
        if number == 7:  # .graph; its input, and of that name and doc_string
            for of, text in fields(value):
                said = dict(fields(text)) if of == 11 else {}
                if 3 in said:
                    lines.append(f"{said[1].decode()}={said[3].decode()}")
    print("\n".join(sorted(lines)))


if __name__ == "__main__":
    main()
