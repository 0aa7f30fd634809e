// SPDX-License-Identifier: Apache-2.0
/* scan_take: how a reader goes through the keys of an object with a scan: each that matters once,
 * and at its end those that have to be there. They stand in a function that returns what the scan
 * says, and has a `struct scan *scan`, a `uint64_t seen` that begins with 0, and an `int rc`. Only
 * files of this folder include it. */
#ifndef VENUE_SCAN_TAKE_H
#define VENUE_SCAN_TAKE_H

#include "venue/scan.h"

/* Takes key number bit once and goes on with what reads its value. */
#define TAKE(bit, read)                                                                            \
    do {                                                                                           \
        if (scan_once(scan, &seen, (bit)) < 0 || (read) < 0)                                       \
            return scan_fail(scan);                                                                \
    } while (0)
/* rc is what scan_key said last. */
#define NEED(bits)                                                                                 \
    do {                                                                                           \
        if (rc < 0 || (seen & (uint64_t)(bits)) != (uint64_t)(bits))                               \
            return scan_fail(scan);                                                                \
    } while (0)

#endif
