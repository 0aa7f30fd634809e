// SPDX-License-Identifier: Apache-2.0
/* tape_make: a recording as a tape, in one pass.
 *
 * The recording is read as a backtest reads it (lab/tape.h), by the exponents that its listing has
 * (lab/listing.h) and never by its own later rows; assumed quotes and books are left out, since
 * they are the backtest's. A row that breaks a rule, or has a value that does not fit, ends the
 * making with its place, unless that is lenient. [one thread] */
#ifndef LAB_TAPE_MAKE_H
#define LAB_TAPE_MAKE_H

#include "lab/listing.h"
#include "lab/tape.h"
#include "lab/tape_file.h"

struct tape_make_config {
    const char *word; /* [SYMBOL=]FILE */
    const char *out;
    uint8_t kind; /* enum tape_file_kind: of a stream that alone; 0: all that is there */
    const char *const *listings;
    uint32_t n_listings;
    int is_lenient;
};
struct tape_made {
    struct tape_head head;
    struct listed listed;
    struct tape_report report;
};
/* made->report is set where the recording was read, also where it was refused. AGON_EINVAL,
 * AGON_ENOENT, AGON_ECORRUPT, AGON_ERANGE, AGON_EBUSY, AGON_ENOSPC, AGON_EIO, AGON_ENOMEM. */
int tape_make(const struct tape_make_config *config, struct tape_made *made, struct error *err);

/* A recording or a tape as it is, without books that are assumed around its rows; config->path lies
 * within word, listed says what is known of the instrument. As tape_open. */
int tape_open_bare(struct tape **tape, const char *word, const char *const *listings,
                   uint32_t n_listings, struct tape_config *config, struct listed *listed,
                   struct error *err);

#endif
