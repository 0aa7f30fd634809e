// SPDX-License-Identifier: Apache-2.0
/* backtest_journal: the journal of a backtest, written by the thread that runs the engine.
 *
 * Nobody waits for what is durable there, so no thread of its own writes and nothing is handed
 * over: the engine appends, and the writer has a turn whenever some has come together. A backtest
 * has no orders at a venue and can begin again, so it keeps no reserve for a full disk and ends
 * there. Who runs backtests calls. */
#ifndef LAB_BACKTEST_JOURNAL_H
#define LAB_BACKTEST_JOURNAL_H

#include "journal/writer.h"
#include "lab/backtest.h"

struct backtest_journal {          /* zeroed: none is kept */
    struct journal_buffer buffer;  /* the engine's to append to */
    struct journal_writer *writer; /* owned; NULL: none is kept */
    int has_buffer;
};

/* In config's directory, which holds none yet. named is borrowed. */
int backtest_journal_open(struct backtest_journal *journal, const struct backtest_config *config,
                          const struct journal_named *named, struct error *err);
/* BEGIN is in it where an agent decides by files, of which it has the hashes. */
int backtest_journal_has_files(const struct backtest_config *config);
/* What agents began with, each by step. What step says. */
int backtest_journal_begins(struct crew *crew,
                            int (*step)(void *ctx, void *event, struct error *err), void *ctx,
                            struct error *err);
/* What they met beside their events nobody runs once more: behind each event but a BEGIN. */
void backtest_journal_pass(struct crew *crew, const struct agon_event_hdr *event);
/* Behind each event: takes what lies in the buffer once it is enough, or in the way of what comes
 * next (journal/near.h). AGON_EIO. */
int backtest_journal_turn_of(struct backtest_journal *journal, const struct agon_event_hdr *event);
static inline int backtest_journal_turn(struct backtest_journal *journal,
                                        const struct agon_event_hdr *event)
{
    if (journal->writer == NULL || journal_buffer_used(&journal->buffer) == 0)
        return AGON_OK;
    return backtest_journal_turn_of(journal, event);
}
/* Writes the rest and frees all. */
int backtest_journal_close(struct backtest_journal *journal, struct error *err);

#endif
