// SPDX-License-Identifier: Apache-2.0
/* restored: the mark of a run directory that was restored from a backup.
 *
 * It holds a number, drawn when it was restored, under which the host's client ids go on: those
 * that the host of before wrote since the backup would come a second time else. It stays: whether
 * the journal has the number already is what says whether it was done. */
#ifndef RUN_RESTORED_H
#define RUN_RESTORED_H

#include <stdint.h>
#include <string.h>

#include "base/error.h"

#define RESTORED_FILE   "restored"
#define BACKUP_MANIFEST "manifest.json" /* what makes a folder a backup, and no run directory */

/* number: 1 to 2^24 - 1, none that the journal has had. about: a line for people. [control] */
int restored_write(const char *dir, uint32_t number, const char *about, struct error *err);
/* 0: it was not restored. AGON_ECORRUPT: what it says is nothing that was written there.
 * AGON_EPERM: it is a backup. [control] */
int restored_read(const char *dir, uint32_t *number, struct error *err);

#endif
