// SPDX-License-Identifier: Apache-2.0
/* features: training files of one instrument's bars, by the functions that a plugin asks
 * (<agon/feature.h>).
 *
 * A row stands for a closed bar and has what was known when it closed. Its target is the return to
 * the close so many bars later, or whether that is above 0, and rows without one are left out.
 * Parts follow each other in time: train, validation, hold-out. A row whose target lies in the next
 * part is purged, and so are the first rows of a part, as many as the embargo says. The hold-out
 * goes to a file of its own, so that nobody trains by what a model is to be judged by. [one thread]
 */
#ifndef LAB_FEATURES_H
#define LAB_FEATURES_H

#include <agon/feature.h>

#include "base/error.h"
#include "lab/tape_make.h"

#define FEATURES_PARTS     3
#define FEATURES_BARS_MAX  ((uint64_t)20 << 20) /* 1.3 GiB of them */
#define FEATURES_AHEAD_MAX 100000

extern const char *const features_parts[FEATURES_PARTS]; /* "train", "validation", "holdout" */

struct features_config {
    const char *word; /* [SYMBOL=]FILE: bars, trades, a stream, a tape */
    const char *const *listings;
    uint32_t n_listings;
    const char *list;    /* of features, with blanks between them */
    uint32_t length_s;   /* of a bar; 0: the data's own, of trades a minute */
    uint32_t ahead;      /* bars to the close that the target is the return to; 0: no target */
    int is_up;           /* the target is 1 where that return is above 0, else 0 */
    uint32_t embargo;    /* rows */
    uint32_t shares[3];  /* of the parts, in whole per cent; all 0: one part */
    const char *out;     /* CSV of train and validation */
    const char *holdout; /* and of the rest; NULL: the shares leave none */
};
struct features_made {
    struct tape_info info;
    struct tape_report report; /* of the data */
    struct listed listed;
    unsigned char sha256[HASH_SIZE]; /* of the data */
    uint64_t n_bars, n_rows[FEATURES_PARTS], n_purged, n_embargo;
    uint64_t n_flat; /* bars that were made up where nothing was traded */
    uint32_t length_s, n_features, back;
    agon_ns_t t_first, t_last; /* ends of the first and last bar */
};
/* Where it is refused nothing is left behind. AGON_EINVAL, AGON_ENOENT, AGON_ECORRUPT, AGON_ERANGE
 * (too few or too many bars), AGON_ENOSPC, AGON_EIO, AGON_ENOMEM, AGON_EBUSY: in its place is a
 * file that is not of this function, which is kept. */
int features_make(const struct features_config *config, struct features_made *made,
                  struct error *err);

#endif
