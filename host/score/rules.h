// SPDX-License-Identifier: Apache-2.0
/* rules: weights and gates of a tournament, by the numbers of their tables, wherever a record keeps
 * them; and what a record of rules may hold. [core] */
#ifndef SCORE_RULES_H
#define SCORE_RULES_H

#include "base/codec.h"
#include "base/error.h"
#include "score/gate.h"
#include "score/setting.h"

double rules_weight(const struct tournament_rules *rules, uint32_t measure); /* 0: none */
void rules_set_weight(struct tournament_rules *rules, uint32_t measure, double weight);
int rules_gate(const struct tournament_rules *rules, uint32_t gate, double *limit); /* 1: asked */
void rules_set_gate(struct tournament_rules *rules, uint32_t gate, double limit);
double rules_setting(const struct tournament_rules *rules, uint32_t setting); /* 0: none */
void rules_set_setting(struct tournament_rules *rules, uint32_t setting, double value);
/* Whatever has no place in records: what is left is of edition 1. */
void rules_clear_more(struct tournament_rules *rules);
void rules_clear_gates(struct tournament_rules *rules);

/* Of the record, as many terms as its size and its number say. AGON_EINVAL: it has no such size.
 * What is behind the last term is zeros. */
int rules_read(struct tournament_rules *rules, const struct record_tournament *record);

/* Terms without a place follow what has one, and bit 31 of the gates' mask says that there are
 * some: without them the bytes are those of builds that knew none. */
void rules_save(const struct tournament_rules *rules, struct enc *enc);
void rules_load(struct tournament_rules *rules, struct dec *dec);

/* A term that a build does not know, or knows twice, is none: AGON_EINVAL and which. */
int rules_check_terms(const struct tournament_rules *rules, struct error *err);

#endif
