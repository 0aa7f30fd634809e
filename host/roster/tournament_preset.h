// SPDX-License-Identifier: Apache-2.0
/* tournament_preset: the files of configs/tournament, which a roster names by `preset`. [control]
 */
#ifndef ROSTER_TOURNAMENT_PRESET_H
#define ROSTER_TOURNAMENT_PRESET_H

#include "roster/tournament.h"

extern const struct schema tournament_file_schema;
/* Reads such a file. AGON_EINVAL: its mistakes are in config. */
int tournament_file_read(struct config *config, struct tournament_rules *rules);
/* The bytes of the i-th, and its name; 0: there are no more. */
int tournament_preset_at(uint32_t i, const char **name, const char **bytes, size_t *n);
/* Its rules. AGON_ENOENT: there is none of that name, and err lists those that there are. */
int tournament_preset(const char *name, struct tournament_rules *rules, struct error *err);

#endif
