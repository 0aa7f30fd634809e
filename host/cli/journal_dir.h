// SPDX-License-Identifier: Apache-2.0
/* journal_dir: which journal somebody means: its own directory, the run directory that it lies in,
 * or one of its files. Looks, and makes nothing. [main thread] */
#ifndef CLI_JOURNAL_DIR_H
#define CLI_JOURNAL_DIR_H

#include <stddef.h>

/* Writes the journal's directory to path. False when there is none of that name, which is said on
 * standard error in command's name; that a single file stands for the whole journal is said too. */
int journal_dir(const char *command, const char *given, char *path, size_t room);

/* A folder that an option names beside it; what: "tapes". False when there is none, which is said.
 */
int journal_dir_beside(const char *command, const char *option, const char *given,
                       const char *what);

/* Has no run begun in that run directory? It may not be there; one that cannot be read is taken for
 * one with a journal. */
int journal_dir_is_new(const char *run_dir);

#endif
