// SPDX-License-Identifier: Apache-2.0
/* profile: rules.h out of YAML. A profile of budgets says which cards there are and who has how
 * many bytes of them; a profile of shares who has how much of their time, and when. Both have names
 * and are chosen apart: those of configs/gpu are in the program. Whoever asks brings the bytes.
 * [any] */
#ifndef GPU_PROFILE_H
#define GPU_PROFILE_H

#include "config/schema.h"
#include "gpu/rules.h"

extern const struct schema profile_budgets_schema, profile_shares_schema;

/* The budgets of a file into rules, which are cleared. AGON_EINVAL: config has the errors. */
int profile_read_budgets(struct config *config, struct gpu_rules *rules);
/* The shares of another, for the cards that rules has. AGON_EINVAL as above. */
int profile_read_shares(struct config *config, struct gpu_rules *rules);

/* The profiles of the program; 0: there are no more. */
int profile_budgets_at(uint32_t i, const char **name, const char **bytes, size_t *n);
int profile_shares_at(uint32_t i, const char **name, const char **bytes, size_t *n);
/* The program's by their names. AGON_ENOENT with the names that there are; AGON_EINVAL: these
 * shares are not for those cards. */
int profile_budgets_named(const char *name, struct gpu_rules *rules, struct error *err);
int profile_shares_named(const char *name, struct gpu_rules *rules, struct error *err);
int profile_make(const char *budgets, const char *shares, struct gpu_rules *rules,
                 struct error *err);

/* Against a card as its driver shows it. AGON_ERANGE: what the profile leases there is more than
 * the card has. A card that has less than the profile says, by no more than the reserve, will do.
 */
int profile_check_card(const struct gpu_rules *rules, uint32_t card, int64_t memory,
                       struct error *err);

/* By name; GPU_NONE: there is none of it. */
uint8_t profile_card(const struct gpu_rules *rules, const char *card);
uint8_t profile_budget(const struct gpu_rules *rules, const char *card, const char *budget);
uint8_t profile_group(const struct gpu_rules *rules, uint8_t card, const char *group);

#endif
