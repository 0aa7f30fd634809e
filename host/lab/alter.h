// SPDX-License-Identifier: Apache-2.0
/* alter: a table or raw recording written once more, as it would be if something in it were
 * otherwise. Whoever decides by what is past decides the same on both, up to there.
 *
 * Rows are altered and not events, so that all that is made of a file's rows (exponents, lengths,
 * paths, books) is put to the test with the plugin. Other columns stay as they are, and so do rows
 * that are not understood: the tape is the one that refuses them. [any] */
#ifndef LAB_ALTER_H
#define LAB_ALTER_H

#include "lab/tape.h"

enum alter_kind {
    ALTER_CUT = 1,    /* nothing later than t: a bar that has begun is its open and nothing more,
                         and of the rows behind it there is one, of another price and quantity, so
                         that time goes on (of a raw recording, the next line) */
    ALTER_INSIDE = 2, /* the bar that t lies in (else the next one) has its open, and another high,
                         low, close and volume; only of bars */
    ALTER_SHIFT = 3   /* all times are later by `by`, whole milliseconds; also of a table of funding
                         (info.kind 0) */
};
struct alter {
    uint8_t kind;
    agon_ns_t t, by;
};
struct altered {
    uint64_t n_rows;  /* that were written otherwise */
    agon_ns_t t_row;  /* INSIDE: when the row begins; 0: there is none */
    agon_ns_t t_ends; /* and when it is over */
};

struct alter_seen { /* about what the file's rows are like, early in it */
    int px_exp, qty_exp;
    agon_px_t px;
    agon_qty_t qty; /* of a trade or a level; of a bar its volume */
};
/* 100 and 1 where nothing is found. */
void alter_peek(const char *from, const struct tape_info *info, struct alter_seen *seen);
/* from: as tape_look has looked at it; to: a new file. AGON_EIO, AGON_ECORRUPT. */
int alter_file(const char *from, const struct tape_info *info, const struct alter *alter,
               const char *to, struct altered *altered, struct error *err);

#endif
