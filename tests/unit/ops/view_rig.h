// SPDX-License-Identifier: Apache-2.0
/* view_rig: what the API keeps by looking at views of a host of one agent and one instrument. */
#ifndef TEST_VIEW_RIG_H
#define TEST_VIEW_RIG_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/impl.h"
#include "ops/api_history.h"

#define MINUTE ((agon_ns_t)60 * 1000000000)
#define NOON   ((agon_ns_t)1767268800 * 1000000000) /* 2026-01-01T12:00:00Z */

static struct api api;
static struct jout out;
static struct error err;
static int64_t mono_ns;

static void setup(void)
{
    api = (struct api){.view = calloc(1, sizeof(*api.view)), .history = api_history_new()};
    ck_assert_ptr_nonnull(api.view);
    ck_assert_ptr_nonnull(api.history);
    out = (struct jout){0};
    err = (struct error){0};
    mono_ns = 1;
    api.view->t = NOON;
    api.view->n_slots = 1;
    api.view->slots[0].is_used = 1;
    snprintf(api.view->slots[0].name, sizeof(api.view->slots[0].name), "alpha");
    api.view->n_instruments = 1;
    snprintf(api.view->instruments[0].symbol, sizeof(api.view->instruments[0].symbol), "BTCUSDT");
    api.view->instruments[0].px_exp = 2;
}

static void teardown(void)
{
    jout_deinit(&out);
    free(api.view);
    api_history_free(api.history);
}

static void look(agon_ns_t t, agon_px_t px)
{
    api.view->t = t;
    api.view->instruments[0].last_px = px;
    mono_ns += 250000000;
    api_history_look(&api, mono_ns);
}

/* What a verb answers, or its error. */
static inline const char *asked(int (*verb)(void *, const struct control_call *, struct jout *,
                                            struct error *),
                                const char *one, const char *two)
{
    struct control_call call = {.argc = (one != NULL) + (two != NULL), .argv = {one, two}};

    jout_reset(&out);
    return verb(&api, &call, &out, &err) < 0 ? err.text : jout_text(&out);
}

static inline uint32_t count_of(const char *text, const char *what)
{
    uint32_t n = 0;

    for (const char *at = text; (at = strstr(at, what)) != NULL; at += strlen(what))
        n++;
    return n;
}

#endif
