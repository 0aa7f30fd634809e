// SPDX-License-Identifier: Apache-2.0
/* api_schema: what the verbs answer, object by object. Who adds a member where an answer is written
 * adds its row here; tests/integration/api.sh fails for one without the other. [any] */
#ifndef OPS_API_SCHEMA_H
#define OPS_API_SCHEMA_H

#include "control/schema.h"

/* Of the description, not of the program: the first number is raised with what breaks a client, the
 * second with what is added (tests/lint/api.py). */
#define API_EDITION "3.6.0"

/* api_schema.c: agents and what they trade */
extern const struct control_shape api_shape_agent, api_shape_agent_whole, api_shape_position,
    api_shape_order, api_shape_exit, api_shape_fill, api_shape_limits, api_shape_param,
    api_shape_tournament, api_shape_plan, api_shape_portfolio, api_shape_reload,
    api_shape_quarantined, api_shape_left, api_shape_diff;
extern const struct control_field api_points,
    api_figures_fields[]; /* the latter up to an empty one */
/* api_schema_host.c: the host, its venues, and what an order to it is answered with */
extern const struct control_shape api_shape_status, api_shape_venue, api_shape_account,
    api_shape_feed, api_shape_value, api_shape_latency, api_shape_foreign, api_shape_alert,
    api_shape_book, api_shape_candle, api_shape_line, api_shape_event, api_shape_health,
    api_shape_halt, api_shape_log_line, api_shape_trade, api_shape_closed, api_shape_performance,
    api_shape_ended, api_shape_verification, api_shape_log_level, api_shape_ready, api_shape_done,
    api_shape_ordered;

/* api_schema_cards.c */
extern const struct control_shape api_shape_cards, api_shape_lease, api_shape_lease_why;

/* verbs_words.c: arguments by name, and groups of verbs, as `agon help ctl` has them. */
extern const struct control_word api_arguments[];
struct control_verb;
const char *api_group(const struct control_verb *verb);
/* The groups in their order, up to NULL. */
#define API_GROUP_STOP "Stop and go on"
extern const char *const api_groups[];

#endif
