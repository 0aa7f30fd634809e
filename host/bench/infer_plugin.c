// SPDX-License-Identifier: Apache-2.0
/* infer_plugin: asks the model in its file `model` at each trade and publishes when it has the
 * answer, with the trade's number; without inputs it publishes at once. For bench infer, which has
 * it in its binary (infer_blob.h). */
#include <agon/ext/nn.h>
#include <agon/ext/signal.h>
#include <agon/strategy.h>

#define INPUTS_MAX 64

#define PARAMS(X)                                                                                  \
    X(INTEGER_AS, n, 1, "of the model, which calls them f0, f1, ...; 0: none is asked", "inputs",  \
      "", AGON_SET, 0, INPUTS_MAX, 0, 1)
static const char *const publishes[] = {"answer"};

struct asks {
    struct agon_strategy base;
    PARAMS(AGON_FIELD)
    const struct agon_host *host;
    const struct agon_host_nn *nn;
    const struct agon_host_signal *signal;
    uint32_t model, n_outputs;
    uint64_t n_trades;
    struct asks_state { // none
        uint64_t pad;
    } state;
};

static int on_trade(void *plugin, const struct agon_trade *trade)
{
    struct asks *self = plugin;
    struct agon_signal signal = {.hdr = {.type = AGON_EVENT_SIGNAL,
                                         .granules = sizeof(signal) / 64,
                                         .instrument = trade->hdr.instrument}};
    float x[INPUTS_MAX], y[8] = {0};
    uint32_t i, n = (uint32_t)self->n;
    int rc = AGON_OK;

    self->n_trades++;
    for (i = 0; i < n; i++) // from -1 to 1, others at each trade
        x[i] = (float)((self->n_trades * 2654435761U + i * 40503U) % 2001) / 1000 - 1;
    if (n > 0)
        rc = self->nn->step(self->host, self->model, x, n, y, self->n_outputs);
    if (rc == AGON_EAGAIN)
        return AGON_OK; // its window is not full yet
    if (rc < 0)
        return rc;
    signal.value = (double)trade->venue_id;
    signal.confidence = y[0] > 0 && y[0] < 1 ? (double)y[0] : 0; // the answer is waited for
    return self->signal->publish(self->host, &signal);
}

static int open_model(struct asks *self)
{
    char names[INPUTS_MAX * 4];
    const struct agon_nn_inputs asked = {.names = names};
    struct agon_nn_shape shape;
    uint32_t i, at = 0;
    int rc;

    for (i = 0; i < (uint32_t)self->n; i++) {
        if (i > 0)
            names[at++] = ' ';
        names[at++] = 'f';
        if (i >= 10)
            names[at++] = (char)('0' + i / 10);
        names[at++] = (char)('0' + i % 10);
    }
    names[at] = '\0';
    rc = self->nn->open(self->host, "model", &asked, &self->model, &shape);
    self->n_outputs = rc < 0 ? 0 : shape.outputs;
    return rc < 0 ? rc : shape.outputs > 8 ? AGON_EINVAL : AGON_OK;
}

static int init(void *plugin)
{
    struct asks *self = plugin;

    self->host = self->base.desk.host;
    self->nn = self->host->get_extension(self->host, AGON_EXT_NN);
    self->signal = self->host->get_extension(self->host, AGON_EXT_SIGNAL);
    return self->n > 0 ? open_model(self) : AGON_OK;
}

static const struct agon_handlers handlers = {.on_trade = on_trade};
static const struct agon_rule rule = {AGON_RULE(struct asks), .init = init, .on = &handlers};
AGON_PARAMS(struct asks, PARAMS);
AGON_SERVICES(AGON_EXT_ARENA, AGON_EXT_PARAM, AGON_EXT_NN, AGON_EXT_SIGNAL);
static const struct agon_descriptor descriptor = {
    AGON_DESCRIBES(struct asks, 50000000),
    .kind = AGON_MODEL,
    AGON_NAMED("org.agon.bench.asks", "1.0.0", "asks", "Agon"),
    .summary = "asks a model at each trade",
    AGON_SCHEMA(1, 1),
    .event_mask = AGON_ON(AGON_EVENT_TRADE),
    .publishes = publishes,
    .n_publishes = 1};
AGON_PLUGIN("org.agon.bench.asks", "1.0.0", descriptor, rule);
