// SPDX-License-Identifier: Apache-2.0
/* stage: a folder that is made as PATH.new and takes its name when it is complete and durable. What
 * an interrupted one leaves is removed by the next; of two at a time the second is refused. */
#ifndef BACKUP_STAGE_H
#define BACKUP_STAGE_H

#include <limits.h>

#include "base/error.h"

struct stage {
    char path[PATH_MAX], fresh[PATH_MAX]; /* its name, and where it is made */
    int fd, mark_fd; /* owned: of fresh, and of its mark, which is locked; -1: none */
};

/* AGON_EBUSY: another one is at it. AGON_EPERM: PATH.new is there, and nothing that was left here.
 */
int stage_open(struct stage *stage, const char *path, struct error *err);
/* Syncs every folder and gives it its name, where nothing is yet, or an empty folder. AGON_EPERM:
 * something came there meanwhile. */
int stage_finish(struct stage *stage, struct error *err);
void stage_drop(struct stage *stage); /* removes what there is; nothing after stage_finish */

#endif
