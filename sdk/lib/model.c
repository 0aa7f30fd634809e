// SPDX-License-Identifier: MIT
/* model: what stands around a plugin that asks a model. */
#include <stdarg.h>
#include <stdio.h>

#include "agon/model.h"
#include "agon/ta.h"

#define LINE_MAX_BYTES 200 /* of agon.log */

int agon_model_refuse(const struct agon_host *host, const char *format, ...)
{
    const struct agon_host_log *log = host->get_extension(host, AGON_EXT_LOG);
    char text[LINE_MAX_BYTES + 2]; /* of a longer one a byte more, so that the host marks it */
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (log != NULL)
        (void)log->line(host, AGON_ERROR, text);
    return AGON_EINVAL;
}

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static uint32_t count_words(const char *list)
{
    uint32_t n = 0, is_word = 0;

    for (; *list != '\0'; list++) {
        n += !is_blank(*list) && !is_word;
        is_word = !is_blank(*list);
    }
    return n;
}

/* rc: what agon_features_init says of the word at that place. */
static int refuse_word(const struct agon_host *host, const char *where, const char *list,
                       uint32_t at, int rc)
{
    char word[AGON_FEATURE_TEXT], place[24] = "";
    uint32_t i, line = 1, n = 0, n_all = count_words(list);

    for (i = 0; i < at; i++)
        line += list[i] == '\n';
    if (strchr(list, '\n') != NULL)
        (void)snprintf(place, sizeof(place), "line %u: ", line);
    while (n < sizeof(word) - 1 && list[at + n] != '\0' && !is_blank(list[at + n])) {
        word[n] = list[at + n] >= '!' && list[at + n] <= '~' ? list[at + n] : '?';
        n++;
    }
    word[n] = '\0';
    if (n == 0)
        return agon_model_refuse(host,
                                 "%s has no features; expected names that agon features ls "
                                 "shows",
                                 where);
    if (rc == AGON_ENOSPC)
        return agon_model_refuse(host,
                                 "%s: %s\"%s\" is one of %u features; expected at most %d: leave "
                                 "%u out, and train the model by the rest",
                                 where, place, word, n_all, AGON_FEATURES_MAX,
                                 n_all - AGON_FEATURES_MAX);
    if (rc == AGON_ENOENT)
        return agon_model_refuse(host,
                                 "%s: %s\"%s\" is not in the catalogue; expected a name that agon "
                                 "features ls shows",
                                 where, place, word);
    if (rc == AGON_ERANGE)
        return agon_model_refuse(host,
                                 "%s: %s\"%s\" has a parameter out of its bounds; agon features ls "
                                 "shows them",
                                 where, place, word);
    return agon_model_refuse(host,
                             "%s: %s\"%s\" is not written as a feature; expected NAME, NAME.5 or "
                             "NAME.5.2, as agon features ls shows it",
                             where, place, word);
}

int agon_model_features(const struct agon_host *host, const char *where, const char *list,
                        struct agon_features *set)
{
    uint32_t at = 0;
    int rc = agon_features_init(set, list, &at);

    return rc < 0 ? refuse_word(host, where, list, at, rc) : AGON_OK;
}

int agon_model_list(const struct agon_host *host, const char *file, struct agon_features *set)
{
    const struct agon_host_asset *asset = host->get_extension(host, AGON_EXT_ASSET);
    struct agon_asset_map map;
    char list[AGON_MODEL_LIST], where[48];
    uint64_t i;
    int is_comment = 0;

    (void)snprintf(where, sizeof(where), "files.%.31s", file);
    if (asset == NULL || asset->map(host, file, &map) < 0)
        return agon_model_refuse(
            host,
            "%s is not there; expected the list of features that agon features "
            "make --list took, named so in the roster's files",
            where);
    if (map.n >= sizeof(list))
        return agon_model_refuse(host, "%s has %llu bytes; expected a list of at most %d", where,
                                 (unsigned long long)map.n, AGON_MODEL_LIST - 1);
    for (i = 0; i < map.n; i++) {
        char c = ((const char *)map.bytes)[i];

        is_comment = c == '#' || (is_comment && c != '\n');
        list[i] = c == '\0' || is_comment ? ' ' : c;
    }
    list[map.n] = '\0';
    return agon_model_features(host, where, list, set);
}

/* "agon.goal" of a net's card: eight bytes that count it, and JSON, whose format the host has held
 * it to by now. */
static void read_goal(const struct agon_asset_map *map, char goal[AGON_MODEL_GOAL])
{
    static const char key[] = "\"agon.goal\"";
    const unsigned char *bytes = map->bytes;
    const char *at = (const char *)bytes + 8, *end;
    uint64_t n_card = 0;
    size_t n = 0;
    int i;

    goal[0] = '\0';
    if (map->n < 8)
        return;
    for (i = 7; i >= 0; i--)
        n_card = n_card << 8 | bytes[i];
    if (n_card > map->n - 8)
        return;
    end = at + n_card;
    while ((size_t)(end - at) >= sizeof(key) && memcmp(at, key, sizeof(key) - 1) != 0)
        at++;
    if ((size_t)(end - at) < sizeof(key))
        return;
    at += sizeof(key) - 1;
    while (at < end && (is_blank(*at) || *at == ':'))
        at++;
    if (at == end || *at++ != '"')
        return;
    while (at < end && *at != '"' && n < AGON_MODEL_GOAL - 1)
        goal[n++] = *at++;
    goal[n] = '\0';
}

int agon_model_open(struct agon_model *model, const struct agon_host *host, const char *file,
                    const struct agon_nn_inputs *inputs)
{
    const struct agon_host_asset *asset = host->get_extension(host, AGON_EXT_ASSET);
    struct agon_asset_map map;
    uint32_t i;
    int rc;

    memset(model, 0, sizeof(*model));
    model->host = host;
    model->nn = host->get_extension(host, AGON_EXT_NN);
    model->signal = host->get_extension(host, AGON_EXT_SIGNAL);
    (void)snprintf(model->file, sizeof(model->file), "%s", file);
    if (model->nn == NULL)
        return AGON_ENOTSUP;
    if (asset == NULL || asset->map(host, file, &map) < 0)
        return agon_model_refuse(host,
                                 "files.%s is not there; expected a model that agon train writes, "
                                 "named so in the roster's files",
                                 model->file);
    memcpy(model->text, "model ", 6);
    for (i = 0; i < 8; i++)
        model->text[6 + i] =
            "0123456789abcdef"[i % 2 == 0 ? map.sha256[i / 2] >> 4 : map.sha256[i / 2] & 15];
    model->n_text = 14;
    rc = model->nn->open(host, file, inputs, &model->id, &model->shape);
    if (rc < 0)
        return rc; // the log has said why
    if (!agon_model_is_trees(model))
        read_goal(&map, model->goal);
    return AGON_OK;
}

int agon_model_is_trees(const struct agon_model *model)
{
    return model->shape.state_bytes == 0;
}

int agon_model_holds_window(const struct agon_model *model, uint32_t room)
{
    if (agon_model_is_trees(model))
        return AGON_OK;
    if (model->shape.window == 0)
        return agon_model_refuse(model->host,
                                 "files.%s is a net that goes on from event to event (served: "
                                 "state); expected one of a window of at most %u: train it with "
                                 "served: window",
                                 model->file, room);
    if (model->shape.window > room)
        return agon_model_refuse(model->host,
                                 "files.%s is a net of a window of %u events; expected at most %u: "
                                 "train it with a shorter window",
                                 model->file, model->shape.window, room);
    return AGON_OK;
}

int agon_model_holds_sides(const struct agon_model *model)
{
    uint32_t outputs = model->shape.outputs;

    if (model->goal[0] != '\0' && strncmp(model->goal, "direction", 9) != 0)
        return agon_model_refuse(model->host,
                                 "files.%s is a net whose goal is %s; expected the goal direction, "
                                 "of which its answers are up, flat and down: train it with goal: "
                                 "direction",
                                 model->file, model->goal);
    if (outputs == AGON_SIDES || (agon_model_is_trees(model) && outputs == 1))
        return AGON_OK;
    return agon_model_refuse(model->host, "files.%s has %u output%s; expected %s", model->file,
                             outputs, outputs == 1 ? "" : "s",
                             agon_model_is_trees(model)
                                 ? "trees of 1 (up) or 3 (up, flat, down)"
                                 : "a net of 3 (up, flat, down): train it with goal: direction");
}

int agon_model_values(const struct agon_features *set, float *x)
{
    double values[AGON_FEATURES_MAX];
    uint32_t i;
    int rc = agon_features_values(set, values);

    for (i = 0; rc >= 0 && i < set->n; i++)
        x[i] = (float)values[i];
    return rc;
}

int agon_model_inputs(struct agon_features *set, const struct agon_desk *desk,
                      const struct agon_bar *bar, float *x)
{
    struct agon_instrument instrument;
    int rc;

    if (desk->instruments->get(desk->host, bar->hdr.instrument, &instrument) < 0)
        return AGON_ENOENT;
    rc = agon_features_bar(set, bar, instrument.px_exp, instrument.qty_exp);
    return rc < 0 || x == NULL ? rc : agon_model_values(set, x);
}

int agon_model_see_again(const struct agon_model *model, const float *rows, uint32_t width,
                         uint32_t room, uint64_t n, uint32_t n_x)
{
    uint32_t window = model->shape.window < room ? model->shape.window : room;
    uint64_t i = n < window ? 0 : n - window;
    float y[AGON_FEATURES_MAX];
    int rc = model->nn->reset(model->host, model->id);

    if (model->shape.outputs > sizeof(y) / sizeof(y[0]))
        return AGON_EINVAL;
    for (; rc >= 0 && window > 0 && i < n; i++) {
        rc = model->nn->step(model->host, model->id, rows + i % room * width, n_x, y,
                             model->shape.outputs);
        rc = rc == AGON_EAGAIN ? AGON_OK : rc; // its window is not full yet
    }
    return rc;
}

int agon_model_is_finite(const float *x, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (!(x[i] >= -3e38F && x[i] <= 3e38F))
            return 0;
    return 1;
}

int agon_model_sides(const struct agon_model *model, const float *y, double p[AGON_SIDES])
{
    double most = (double)y[0], sum = 0;
    uint32_t i;

    if (model->shape.outputs == 1) {
        p[0] = most;
        p[1] = 0;
        p[2] = 1 - most;
        return most >= 0 && most <= 1;
    }
    for (i = 1; i < AGON_SIDES; i++)
        most = (double)y[i] > most ? (double)y[i] : most;
    for (i = 0; i < AGON_SIDES; i++)
        sum += p[i] = agon_model_is_trees(model) ? (double)y[i] : agon_exp((double)y[i] - most);
    for (i = 0; i < AGON_SIDES; i++)
        p[i] /= sum;
    return sum > 0;
}

void agon_model_signal(const struct agon_model *model, agon_instrument_t instrument, uint16_t key,
                       const double p[AGON_SIDES], agon_ns_t t, uint32_t length_s,
                       struct agon_signal *signal)
{
    static const uint8_t sides[AGON_SIDES] = {AGON_UP, AGON_NEUTRAL, AGON_DOWN};
    uint32_t i, best = 0;

    for (i = 1; i < AGON_SIDES; i++)
        best = p[i] > p[best] ? i : best;
    memset(signal, 0, sizeof(*signal));
    signal->hdr.type = AGON_EVENT_SIGNAL;
    signal->hdr.granules = sizeof(*signal) / 64;
    signal->hdr.instrument = instrument;
    signal->kind = 1;
    signal->direction = sides[best];
    signal->key = key;
    signal->value = p[0] - p[2];
    signal->confidence = p[best] < 1 ? p[best] : 1;
    signal->p_up = p[0];
    signal->p_flat = p[1];
    signal->p_down = p[2];
    signal->t_valid = t + (agon_ns_t)length_s * 2 * 1000000000;
    memcpy(signal->text, model->text, model->n_text);
    signal->text_len = (uint16_t)model->n_text;
}

/* --- the whole --- */

static struct agon_model_seen *seen_of(void *plugin)
{
    return agon_strategy_at(plugin, ((struct agon_strategy *)plugin)->rule->state_at);
}

static uint32_t length_of(void *plugin)
{
    return *(uint32_t *)agon_strategy_at(plugin, ((struct agon_strategy *)plugin)->rule->bar_s_at);
}

int agon_model_init(void *plugin, const char *list, const char *model)
{
    struct agon_model_base *base = plugin;
    const struct agon_host *host = base->strategy.desk.host;
    char names[AGON_FEATURES_TEXT];
    const struct agon_nn_inputs asked = {.names = names, .edition = AGON_FEATURES_EDITION};
    int rc = agon_model_list(host, list, &base->list);

    if (rc < 0)
        return rc;
    agon_features_text(&base->list, names);
    rc = agon_model_open(&base->model, host, model, &asked);
    return rc < 0 ? rc : agon_model_holds_window(&base->model, AGON_MODEL_WINDOW);
}

void agon_model_fresh(void *plugin)
{
    struct agon_model_seen *seen = seen_of(plugin);

    seen->t_bar = 0;
    seen->n = 0;
    memset(seen->inputs, 0, sizeof(seen->inputs));
    seen->set = ((struct agon_model_base *)plugin)->list;
}

int agon_model_is_stale(const void *plugin)
{
    const struct agon_model_base *base = plugin;
    const struct agon_model_seen *seen =
        (const void *)((const char *)plugin + base->strategy.rule->state_at);

    return !agon_features_is_same(&seen->set, &base->list);
}

int agon_model_check(const void *state)
{
    const struct agon_model_seen *seen = state;

    return seen->pad == 0 && agon_strategy_is_time(seen->t_bar) &&
           agon_model_is_finite(&seen->inputs[0][0],
                                sizeof(seen->inputs) / sizeof(seen->inputs[0][0])) &&
           agon_features_check(&seen->set) >= 0;
}

/* Its inputs, NULL where it is not a candle or there are too few before it. */
static const float *take(void *plugin, const struct agon_bar *bar)
{
    struct agon_model_seen *seen = seen_of(plugin);
    float *x = seen->inputs[seen->n % AGON_MODEL_WINDOW];

    seen->t_bar = bar->t_open;
    if (agon_model_inputs(&seen->set, &((struct agon_strategy *)plugin)->desk, bar, x) < 0)
        return NULL;
    seen->n++;
    return x;
}

int agon_model_feed(void *plugin, const struct agon_bar *bar)
{
    (void)take(plugin, bar);
    return 0;
}

int agon_model_ask(void *plugin, const struct agon_bar *bar, float *y, uint32_t n_y)
{
    const struct agon_model *model = &((struct agon_model_base *)plugin)->model;
    const float *x;

    if (!agon_strategy_is_next(plugin, bar))
        return AGON_EAGAIN;
    x = take(plugin, bar);
    if (x == NULL)
        return AGON_EAGAIN;
    return model->nn->step(model->host, model->id, x, seen_of(plugin)->set.n, y, n_y);
}

void agon_model_say(void *plugin, uint16_t key, const double p[AGON_SIDES], agon_ns_t t)
{
    const struct agon_model *model = &((struct agon_model_base *)plugin)->model;
    struct agon_signal signal;

    agon_model_signal(model, seen_of(plugin)->instrument, key, p, t, length_of(plugin), &signal);
    (void)model->signal->publish(model->host, &signal);
}

int agon_model_start(void *plugin, uint32_t reason)
{
    const struct agon_model_seen *seen = seen_of(plugin);
    int rc = agon_strategy_begin(plugin, reason);

    // It sees the candles that were seen before, whatever weights it has by now.
    return rc < 0 ? rc
                  : agon_model_see_again(&((struct agon_model_base *)plugin)->model,
                                         &seen->inputs[0][0], AGON_FEATURES_MAX, AGON_MODEL_WINDOW,
                                         seen->n, seen->set.n);
}
