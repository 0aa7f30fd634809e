// SPDX-License-Identifier: Apache-2.0
/* verbs_agent: the parameters of an agent's plugin: what they are, and one changed in flight. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/suggest.h"
#include "ops/api.h"
#include "ops/api_words.h"
#include "ops/asked.h"

#define CHANGE_NS ((int64_t)2 * 1000000000)

static const struct setup_param *given(const struct crew_slot *slot, const char *name)
{
    for (uint32_t i = 0; i < slot->n_params; i++) {
        if (strcmp(slot->params[i].name, name) == 0)
            return &slot->params[i];
    }
    return NULL;
}

static void put_param(const struct crew_slot *slot, const struct info_param *param,
                      struct jout *out)
{
    const struct setup_param *value = given(slot, param->name);
    int is_number = param->type == AGON_INTEGER || param->type == AGON_REAL;
    char text[INFO_DEFAULT];

    jout_open(out, '{');
    jout_kv_str(out, "name", param->name);
    jout_key(out, "value");
    if (value != NULL)
        jout_str(out, value->text);
    else
        jout_null(out); // the plugin's own default
    jout_kv_str(out, "type", api_word(api_param_types, param->type));
    jout_kv_bool(out, "live", (param->flags & AGON_PARAM_LIVE) != 0 && param->type != AGON_TEXT);
    jout_kv_real(out, "default", param->def);
    jout_kv_str(out, "default_text", plugin_default_text(param, text));
    if (is_number && (param->min != 0 || param->max != 0)) {
        jout_kv_real(out, "min", param->min);
        jout_kv_real(out, "max", param->max);
    }
    jout_kv_str(out, "choices", param->choices);
    jout_kv_str(out, "unit", param->unit);
    jout_kv_str(out, "doc", param->doc);
    jout_close(out, '{');
}

/* Rosters are applied and parameters read and set one at a time. */
static int make(struct api *api, struct host_change *change, struct error *err)
{
    int rc;

    if (atomic_exchange(&api->is_applying, 1))
        return error_set(err, AGON_EBUSY, "a roster is being applied just now; try again");
    rc = host_make_change(api->host, change, CHANGE_NS);
    atomic_store(&api->is_applying, 0);
    return rc;
}

int api_do_params(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
{
    struct api *api = ctx;
    struct host_params *params = malloc(sizeof(*params));
    struct host_change change = {.kind = HOST_READ_PARAMS, .is_dry = 1, .params = params};
    int slot = api_slot_now(api, call->argv[0], err);
    int rc = slot < 0 ? slot : AGON_OK;

    if (params == NULL)
        return error_set(err, AGON_ENOMEM, "out of memory");
    params->n = 0; // of one whose plugin is gone nothing is known
    change.slot = (uint16_t)slot;
    if (rc >= 0 && host_is_manned(api->host, (uint16_t)slot))
        rc = make(api, &change, err);
    if (rc >= 0) {
        jout_open(out, '[');
        for (uint32_t i = 0; i < params->n; i++)
            put_param(&host_config_of(api->host)->slots[slot], &params->all[i], out);
        jout_close(out, '[');
    } else if (err->text[0] == '\0') {
        (void)error_set(err, rc, "%s",
                        change.err.text[0] != '\0' ? change.err.text : error_name(rc));
    }
    free(params);
    return rc < 0 ? rc : AGON_OK;
}

static int set_text(struct crew_slot *to, const char *name, const char *text, struct error *err)
{
    uint32_t at = 0;

    while (at < to->n_params && strcmp(to->params[at].name, name) != 0)
        at++;
    if (at == CREW_PARAMS_MAX || strlen(name) >= sizeof(to->params[0].name) ||
        strlen(text) >= sizeof(to->params[0].text))
        return error_set(err, AGON_ERANGE,
                         "the name or the value is too long, or the agent has %d "
                         "parameters already",
                         CREW_PARAMS_MAX);
    snprintf(to->params[at].name, sizeof(to->params[at].name), "%s", name);
    snprintf(to->params[at].text, sizeof(to->params[at].text), "%s", text);
    to->n_params += at == to->n_params;
    return AGON_OK;
}

/* It is no parameter, or one that its plugin reads at a start alone. */
static int refuse_param(struct api *api, int slot, const struct control_call *call,
                        struct error *err)
{
    struct host_params *params = malloc(sizeof(*params));
    struct host_change change = {
        .kind = HOST_READ_PARAMS, .is_dry = 1, .slot = (uint16_t)slot, .params = params};
    struct suggest suggest = {0};
    char list[256] = "none", offer[80] = "";
    size_t used = 0;
    int is_known = 0;

    if (params == NULL)
        return error_set(err, AGON_ENOMEM, "out of memory");
    params->n = 0;
    (void)make(api, &change, err);
    for (uint32_t i = 0; i < params->n && used < sizeof(list); i++) {
        is_known |= strcmp(params->all[i].name, call->argv[1]) == 0;
        suggest_offer(&suggest, call->argv[1], strnlen(call->argv[1], 64), params->all[i].name);
        used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i > 0 ? ", " : "",
                                 params->all[i].name);
    }
    if (suggest.best != NULL)
        snprintf(offer, sizeof(offer), "; did you mean '%.48s'?", suggest.best);
    free(params);
    if (is_known)
        return error_set(err, AGON_ESTATE,
                         "'%.32s' of %.32s is read at a start only; change it in the roster and "
                         "start the host again, or see `params %.32s` for those that may change in "
                         "flight",
                         call->argv[1], call->argv[0], call->argv[0]);
    return error_set(err, AGON_ENOENT, "%.32s has no parameter '%.32s'; there are: %s%s",
                     call->argv[0], call->argv[1], list, offer);
}

int api_do_param_set(void *ctx, const struct control_call *call, struct jout *out,
                     struct error *err)
{
    struct api *api = ctx;
    struct crew_slot *to = malloc(sizeof(*to));
    int slot = api_slot_now(api, call->argv[0], err);
    struct host_change change = {
        .kind = HOST_CHANGE_PARAM, .slot = (uint16_t)slot, .to = to, .name = call->argv[1]};
    char how[COMMAND_WHY + 160];
    int rc = slot < 0 ? slot : AGON_OK;

    if (to == NULL)
        return error_set(err, AGON_ENOMEM, "out of memory");
    if (rc >= 0 && !host_is_manned(api->host, (uint16_t)slot))
        rc = error_set(err, AGON_ESTATE, "%.64s has no plugin that is active", call->argv[0]);
    if (rc >= 0) {
        *to = host_config_of(api->host)->slots[slot];
        rc = set_text(to, call->argv[1], call->argv[2], err);
    }
    change.is_dry = 1;
    if (rc >= 0)
        rc = make(api, &change, err);
    if (rc >= 0) {
        snprintf(how, sizeof(how), "%.63s = %.160s", call->argv[1], call->argv[2]);
        rc = asked_note(api->host, call->who, ASKED_PARAM, slot, how, err);
    }
    change.is_dry = 0;
    if (rc >= 0)
        rc = make(api, &change, err);
    if (rc == AGON_ENOTSUP)
        rc = refuse_param(api, slot, call, err);
    else if (rc < 0 && err->text[0] == '\0')
        (void)error_set(err, rc, "%s",
                        change.err.text[0] != '\0' ? change.err.text : error_name(rc));
    free(to);
    if (rc < 0)
        return rc;
    jout_open(out, '{');
    jout_kv_str(out, "done", "the parameter is changed; the roster's file is as it was");
    jout_kv_str(out, "on", call->argv[0]);
    jout_kv_int(out, "seq", (int64_t)change.seq);
    jout_close(out, '{');
    return AGON_OK;
}
