// SPDX-License-Identifier: Apache-2.0
/* api_words: all words that the API says of a thing, each list up to NULL. What writes an answer
 * and what describes it take them from here. [any] */
#ifndef OPS_API_WORDS_H
#define OPS_API_WORDS_H

#include <stdint.h>

extern const char *const api_sides[], *const api_order_states[], *const api_requests[],
                                                                     *const api_book_states[];
extern const char *const api_halt_causes[]; /* by enum halt_cause; then that of a key's rights */
extern const char *const api_halt_scopes[]; /* by enum command_scope */
extern const char *const api_clock_trusts[],
    *const api_clock_entries[], *const api_clock_follows[], *const api_engine_times[];
extern const char *const api_order_ends[]; /* by enum order_end */
extern const char *const api_exit_states[], *const api_exit_causes[], *const api_exit_watches[];
extern const char *const api_host_states[], *const api_agent_states[];
extern const char *const api_agent_kinds[], *const api_runners[];
extern const char *const api_venue_states[], *const api_healths[];
extern const char *const api_alert_levels[];    /* by ALERT_INFO and so on */
extern const char *const api_change_whens[];    /* by enum how, of a roster's change */
extern const char *const api_param_types[];     /* by the SDK's numbers */
extern const char *const api_position_sides[];  /* long, short, flat */
extern const char *const api_journal_classes[]; /* sync, async */
extern const char *const api_roles[];           /* maker, taker */
extern const char *const api_event_kinds[];     /* of `events` */

extern const char *const api_own_states[];                            /* enum relay_own_state */
extern const char *const api_card_states[], *const api_card_splits[]; /* splits: by gpu_split_of */
extern const char *const api_lease_states[];                          /* by enum gpu_lease_state */

/* The nth word of a list; "?": it has not so many. */
const char *api_word(const char *const *words, uint32_t n);

#endif
