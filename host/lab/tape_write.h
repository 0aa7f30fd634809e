// SPDX-License-Identifier: Apache-2.0
/* tape_write: the events of a recording as a tape (lab/tape_file.h). One block is kept in memory.
 * What is written lies at PATH.new until it is whole and on the disk; then it is renamed. [one
 * thread] */
#ifndef LAB_TAPE_WRITE_H
#define LAB_TAPE_WRITE_H

#include "lab/tape_file.h"

struct tape_writer;
/* head: its kind decides what is taken: bars, trades, best prices, or all of a stream. AGON_ENOMEM,
 * AGON_EBUSY (PATH is there already), AGON_EIO. */
int tape_writer_new(struct tape_writer **writer, const char *path, const struct tape_head *head,
                    struct error *err);
/* An event of another kind than the tape's is left out. AGON_EIO, AGON_ENOSPC. */
int tape_writer_put(struct tape_writer *writer, const struct agon_event_hdr *event,
                    struct error *err);
/* head: as it is to be, but for what the writer counts itself (rows, events, times, checksums),
 * which it is given here. AGON_EINVAL: there was nothing to write. */
int tape_writer_finish(struct tape_writer *writer, struct tape_head *head, struct error *err);
/* NULL is fine; what was not finished is removed. */
void tape_writer_free(struct tape_writer *writer);

#endif
