// SPDX-License-Identifier: Apache-2.0
/* tape_play: the tapes that a journal names, found and played once more while it is read.
 *
 * A tape is looked for in each of the folders that are named, where the journal says that it lay,
 * in the journal's folder and in the one above; its hash alone says that it is the one. What is not
 * found, or is another, is named with what was looked at. [one thread] */
#ifndef LAB_TAPE_PLAY_H
#define LAB_TAPE_PLAY_H

#include "journal/refs.h"
#include "lab/tape.h"

struct tape_play {
    struct journal_play port;
    const char *dir;    /* borrowed: the journal's; NULL: it is in none */
    const char *folder; /* borrowed: where tapes are looked for first; NULL or "" */
    struct {
        struct tape *tape; /* owned; NULL: not open */
        unsigned char hash[HASH_SIZE];
        uint64_t n_events; /* that it gave */
    } all[JOURNAL_TAPES];
};

void tape_play_init(struct tape_play *play, const char *dir, const char *folder);
void tape_play_deinit(struct tape_play *play);

#endif
