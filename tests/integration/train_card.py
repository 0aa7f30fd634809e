# SPDX-License-Identifier: Apache-2.0
"""train_card.py A B: two models (safetensors) have the same tensors, to the bit, and say the same but for the device."""
import json
import struct
import sys


def read(path):
    data = open(path, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    head = json.loads(data[8 : 8 + n])
    said = head.pop("__metadata__")
    said.pop("agon.device", None)
    return said, head, data[8 + n :]


a, b = read(sys.argv[1]), read(sys.argv[2])
if a[:2] != b[:2]:
    sys.exit("other words or shapes: %s, %s" % (a[:2], b[:2]))
differ = sum(a[2][i : i + 4] != b[2][i : i + 4] for i in range(0, len(a[2]), 4))
if differ or len(a[2]) != len(b[2]) or not a[2]:
    sys.exit("%d of %d values differ" % (differ, len(a[2]) // 4))
