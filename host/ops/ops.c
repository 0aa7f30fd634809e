// SPDX-License-Identifier: Apache-2.0
#include "ops/ops.h"

#include <string.h>

#include "net/local_address.h"
#include "ops/api_history.h"
#include "ops/web.h"
#include "sys/memory.h"

static void place_tables(struct api *api, uint32_t n_slots)
{
    host_spare_view(api->host, api->view);
    memory_spare(api->history, sizeof(*api->history));
    memory_spare(&api->slots[n_slots], (SLOTS_MAX - n_slots) * sizeof(api->slots[0]));
    host_place_memory(api->host);
}

int ops_open(struct ops *desk, struct host *host, const struct ops_config *config,
             struct error *err)
{
    struct control_config control = {.dir = config->dir};
    struct local_address address = {.is_on = 0};
    int rc = api_init(&desk->api, host, err);

    desk->control = NULL;
    if (rc < 0)
        return rc;
    desk->api.dir = config->dir;
    desk->api.mode = config->mode;
    desk->api.speed_milli = config->speed_milli;
    desk->api.is_async = (uint32_t)config->is_async;
    desk->api.roster = config->roster;
    desk->api.plugins = config->plugins;
    desk->api.load_from = config->load_from;
    desk->api.n_load_from = config->n_load_from;
    desk->api.log = config->log;
    desk->api.log_path = config->log_path;
    if (rc >= 0)
        rc = local_address_parse(&address, config->http, err);
    memcpy(control.address, address.host, sizeof(address.host));
    control.http_port = address.port;
    control.is_http = address.is_on;
    if (rc >= 0 && config->is_watched && config->roster != NULL)
        rc = watch_open(&desk->api.watch, config->roster, err);
    if (rc >= 0) {
        api_recall(&desk->api);
        api_port(&desk->api, &control.port);
        control.port.files = ops_web();
        rc = control_start(&desk->control, &control, err);
    }
    if (rc < 0)
        api_deinit(&desk->api);
    else // its tables too
        place_tables(&desk->api, host_config_of(host)->n_slots);
    return rc;
}

void ops_print(const struct ops *desk, FILE *out, int has_token)
{
    const char *url = control_url(desk->control);

    if (url[0] == '\0')
        return;
    fprintf(out, "dashboard  %s/%s%s\n", url, has_token ? "#token=" : "",
            has_token ? control_token(desk->control) : "");
    fflush(out);
}

void ops_tell_act(struct ops *desk, const struct api_act *act)
{
    if (desk->control == NULL)
        return;
    pthread_mutex_lock(&desk->api.act_lock);
    desk->api.act = *act;
    pthread_mutex_unlock(&desk->api.act_lock);
}

void ops_close(struct ops *desk)
{
    if (desk->control == NULL)
        return;
    control_stop(desk->control);
    desk->control = NULL;
    api_deinit(&desk->api);
}
