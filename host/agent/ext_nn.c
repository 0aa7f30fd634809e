// SPDX-License-Identifier: Apache-2.0
/* ext_nn: agon.nn/2. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/feed_state.h"
#include "agent/models.h"
#include "kernels/cpu.h"
#include "nn/served.h"

struct models {
    struct device *device; /* owned; of one thread */
    uint32_t n;
    struct served *all[AGON_NN_MAX]; /* owned */
    struct served_shape shapes[AGON_NN_MAX];
};

static int refuse(struct feed *feed, const struct error *err)
{
    if (feed->config.log != NULL)
        feed->config.log(feed->config.ctx, AGON_ERROR, feed->t, err->text);
    return err->code == AGON_ENOMEM || err->code == AGON_EVERSION ? err->code : AGON_ECORRUPT;
}

static struct models *models_of(struct feed *feed)
{
    if (feed->models == NULL) {
        feed->models = calloc(1, sizeof(*feed->models));
        if (feed->models != NULL)
            feed->models->device = cpu_device_new(CPU_BEST, 1);
        if (feed->models != NULL && feed->models->device == NULL) {
            free(feed->models);
            feed->models = NULL;
        }
    }
    return feed->models;
}

void models_free(struct models *models)
{
    if (models == NULL)
        return;
    for (uint32_t i = 0; i < models->n; i++)
        served_close(models->all[i]);
    models->device->free(models->device);
    free(models);
}

/* Is it asked by what the plugin gives it? */
static int hold(const struct agon_asset_map *file, const char *label,
                const struct agon_nn_inputs *inputs, struct error *err)
{
    struct served_names names;
    int rc = served_said(file->bytes, file->n, &names, err);

    if (rc >= 0)
        rc = served_hold(&names, inputs->names, inputs->edition, err);
    free(names.inputs);
    if (rc < 0)
        error_wrap(err, "%s", label);
    return rc;
}

static int open_model(const struct agon_host *host, const char *name,
                      const struct agon_nn_inputs *inputs, uint32_t *model,
                      struct agon_nn_shape *shape)
{
    struct agon_asset_map file;
    struct error err = {0};
    char label[40];
    struct models *models;
    struct served_shape *own;
    int rc;
    struct feed *feed = feed_enter(host, FEED_CREATE | FEED_START, &rc);

    if (feed == NULL)
        return rc;
    if (model == NULL || shape == NULL || inputs == NULL || inputs->names == NULL ||
        inputs->pad != 0)
        return AGON_EINVAL;
    rc = ext_asset.map(host, name, &file);
    if (rc < 0)
        return rc;
    models = models_of(feed);
    if (models == NULL)
        return AGON_ENOMEM;
    if (models->n == AGON_NN_MAX)
        return AGON_ENOSPC;
    own = &models->shapes[models->n];
    snprintf(label, sizeof(label), "files.%.31s", name);
    rc = served_open(models->device, label, file.bytes, file.n, &models->all[models->n], own, &err);
    if (rc >= 0)
        rc = hold(&file, label, inputs, &err);
    if (rc < 0) {
        served_close(models->all[models->n]);
        models->all[models->n] = NULL;
        return refuse(feed, &err);
    }
    *shape = (struct agon_nn_shape){.inputs = own->inputs,
                                    .outputs = own->outputs,
                                    .window = own->window,
                                    .state_bytes = own->state_bytes};
    *model = models->n++;
    return AGON_OK;
}

/* NULL, and *rc says why: not from here, or there is no such model. */
static struct served *find(const struct agon_host *host, uint32_t model,
                           const struct served_shape **shape, int *rc)
{
    const struct feed *feed = feed_enter(host, FEED_ANY, rc);

    if (feed == NULL)
        return NULL;
    *rc = AGON_EINVAL;
    if (feed->models == NULL || model >= feed->models->n)
        return NULL;
    *shape = &feed->models->shapes[model];
    return feed->models->all[model];
}

/* Somebody else says what the model would: it sees what the model may see. */
static int answer(const struct feed *feed, uint32_t model, const struct served_shape *shape,
                  const float *x, float *y)
{
    for (uint32_t i = 0; i < shape->inputs; i++)
        if (!isfinite(x[i]))
            return AGON_EINVAL;
    return feed->config.answer(feed->config.ctx, model, x, shape->inputs, y, shape->outputs);
}

static int step(const struct agon_host *host, uint32_t model, const float *x, uint32_t n_x,
                float *y, uint32_t n_y)
{
    const struct served_shape *shape;
    int rc;
    struct served *served = find(host, model, &shape, &rc);

    if (served == NULL)
        return rc;
    if (x == NULL || y == NULL || n_x != shape->inputs || n_y != shape->outputs)
        return AGON_EINVAL;
    return ((const struct feed *)host->ctx)->config.answer != NULL
               ? answer(host->ctx, model, shape, x, y)
               : served_step(served, x, y);
}

static int reset(const struct agon_host *host, uint32_t model)
{
    const struct served_shape *shape;
    int rc;
    struct served *served = find(host, model, &shape, &rc);

    if (served == NULL)
        return rc;
    served_reset(served);
    return AGON_OK;
}

static int save(const struct agon_host *host, uint32_t model, void *state)
{
    const struct served_shape *shape;
    int rc;
    struct served *served = find(host, model, &shape, &rc);

    if (served == NULL)
        return rc;
    if (state == NULL && shape->state_bytes > 0)
        return AGON_EINVAL;
    served_save(served, state);
    return AGON_OK;
}

static int load(const struct agon_host *host, uint32_t model, const void *state, uint64_t n)
{
    const struct served_shape *shape;
    int rc;
    struct served *served = find(host, model, &shape, &rc);

    if (served == NULL)
        return rc;
    if (state == NULL && shape->state_bytes > 0)
        return AGON_EINVAL;
    return served_load(served, state, n);
}

const struct agon_host_nn ext_nn = {
    .open = open_model, .step = step, .reset = reset, .save = save, .load = load};
