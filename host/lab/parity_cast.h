// SPDX-License-Identifier: Apache-2.0
/* parity_cast: an instance of a plugin that a journal has a BEGIN of, made once more from the file
 * and the state that the run directory has kept. For whoever runs a journal's plugins again. [one
 * thread] */
#ifndef LAB_PARITY_CAST_H
#define LAB_PARITY_CAST_H

#include "agent/cut.h"
#include "agent/loader.h"
#include "agent/run_inproc.h"
#include "lab/parity.h"
#include "lab/parity_files.h"
#include "market/history.h"

#define CAST_WHY 256 /* of what lacks, UTF-8 */

struct cast {
    const struct parity_play *play; /* borrowed */
    struct plugin_file file;
    struct plugin plugin;
    unsigned char *state; /* owned */
    uint64_t n_state;
    struct setup_file files[SETUP_FILES_MAX];
    const void *contents[SETUP_FILES_MAX]; /* mapped to the worker's end */
    uint32_t n_files;
    uint8_t is_mapped;
    uint8_t is_answered; /* the journal's outcomes are those of its jobs */
};
/* Reads its state and its files and maps its plugin; no code of it runs. files NULL: it may have
 * none. False: it cannot be run, and why says so. */
int cast_prepare(struct cast *cast, const char *kept, struct parity_files *files,
                 char why[CAST_WHY]);
/* The sandbox stands: code of it runs. False: as above. */
int cast_begin_code(struct cast *cast, char why[CAST_WHY]);
/* The slot as the engine has it now, with what the instance was given, into cut->setup, but for its
 * history. False: as above. */
int cast_setup(const struct cast *cast, struct engine *engine, struct cut *cut, char why[CAST_WHY]);
/* All bars up to that event, as above. False: there are none, or no memory. */
int cast_bars(struct history *history, uint64_t until_seq, struct agon_bar **bars,
              struct setup *setup);
/* The bars that it was given, into *bars, which is the caller's and is replaced. False: they are
 * not those of its BEGIN. */
int cast_history(const struct cast *cast, struct history *history, struct agon_bar **bars,
                 struct setup *setup);
/* lapses: as feed.h. */
int cast_make(const struct cast *cast, struct engine *engine, const struct setup *setup,
              const struct run_inproc_config *like, struct run_inproc **run, struct error *err);

#endif
