// SPDX-License-Identifier: Apache-2.0
/* config_file: a configuration that is named on a command line or by another file: read, and its
 * mistakes told on standard error. [control] */
#ifndef RUN_CONFIG_FILE_H
#define RUN_CONFIG_FILE_H

#include "config/config.h"

struct config_file {
    struct config *config; /* owned; NULL: it could not be read, which was said */
    char *bytes;           /* owned */
};
/* command: whose message it is that a file cannot be read. False: it cannot. */
int config_file_open(struct config_file *file, const char *command, const char *path);
/* Prints what is wrong with it, and frees it. The exit code: 0 when there is nothing, else 3, or 5
 * where a mistake is one of safety. */
int config_file_close(struct config_file *file);
/* Frees it without a word. */
void config_file_drop(struct config_file *file);

#endif
