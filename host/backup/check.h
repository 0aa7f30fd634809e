// SPDX-License-Identifier: Apache-2.0
/* check: files and journal of a backup, or of what was made of one, against its manifest. */
#ifndef BACKUP_CHECK_H
#define BACKUP_CHECK_H

#include "backup/manifest.h"

/* A file as the manifest has it? Text of what is wrong into bad, or "". */
struct file_sum;
void check_sum(const json_t *file, const struct file_sum *sum, char *bad, size_t room);
/* Does the journal in dir end as the manifest says, and, replayed, in the same state? */
int check_journal(const char *dir, const json_t *manifest, int is_replayed, struct facts *facts,
                  struct error *err);

#endif
