// SPDX-License-Identifier: Apache-2.0
/* replay: a journal through a new engine. Every event is stepped as it was recorded, so the state
 * after it is the state that the host had; every MARK in the journal proves it, and a mark that
 * does not hold stops the replay at its number. Orders go nowhere and no plugin runs: their intents
 * are in the journal. The market of a backtest's journal is read from the tapes that it names
 * (lab/tape_play.h). [one thread] */
#ifndef LAB_REPLAY_H
#define LAB_REPLAY_H

#include "engine/engine.h"
#include "journal/reader.h"

struct replay_config {
    const char *dir;         /* of the journal */
    const struct disk *disk; /* borrowed; instead of dir, which then is a name for messages */
    const char *tapes;       /* folder in which tapes that it names are looked for first; or NULL */
    struct bar_port bars;    /* of the engine; may be zero */
    struct sample_port samples; /* the same */
    uint64_t until;             /* stop behind this number; 0: at the end */
    int is_live;                /* a host writes it meanwhile: it ends where it ends now */
    int is_verified;       /* also check what must hold of the state, every verify_every events */
    uint64_t verify_every; /* 0: 1000 */
    /* Before the first event: the engine, new or as a snapshot had it. May be NULL. */
    int (*on_begin)(void *ctx, struct engine *engine);
    /* Each event after it was stepped; may be NULL. A value below 0 stops with it. */
    int (*on_event)(void *ctx, struct engine *engine, const struct agon_event_hdr *event, int rc);
    void *ctx;
};
#define REPLAY_BUILDS 8
struct replay {
    struct engine *engine; /* owned; to be looked at */
    uint64_t first_seq, last_seq, n_events, n_marks, n_intents;
    uint64_t from_snapshot; /* seq of the snapshot it began with; 0: none was needed */
    unsigned char state[HASH_SIZE], intents[HASH_SIZE];
    int64_t wall_ns;
    int is_unread; /* it failed because journal or tapes could not be read on */
    /* Runs that another build of this program made: what differs may be its doing. The builds of
     * their starts, each once. */
    uint32_t n_other_runs, n_other_builds;
    unsigned char other_builds[REPLAY_BUILDS][16];
    struct journal_summary summary;
};
/* AGON_ECORRUPT: a mark or an invariant does not hold, or the journal is damaged: err says where.
 */
int replay_run(const struct replay_config *config, struct replay *result, struct error *err);
void replay_free(struct replay *result);

/* Folds an INTENT into the hash that says whether two runs wanted the same: slot, time and the wish
 * itself, in the order in which they come; no number of an event. */
void replay_fold_intent(struct hash *hash, const struct agon_intent_event *event);

#endif
