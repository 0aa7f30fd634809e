// SPDX-License-Identifier: MIT
/* model: a plugin that asks a model, declared. The author says which files it has and what becomes
 * of an answer; what stands around it (the list of features, the model and whether it is one that
 * the plugin can use, candles and history, what a model saw before a reload, the signal) is here.
 * docs/writing-a-model.md has a whole plugin of it. Link libagon-ta.a. Not part of the ABI.
 *
 * An input is x[n], float, in the order of the list and the units of the catalogue
 * (docs/features.md); an answer y[shape.outputs]. What is refused is said in the log: where, what
 * it is, what was expected. Nothing is allocated. [agent] */
#ifndef AGON_MODEL_H
#define AGON_MODEL_H

#include "agon/ext/asset.h"
#include "agon/ext/nn.h"
#include "agon/ext/signal.h"
#include "agon/feature.h"
#include "agon/strategy.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AGON_MODEL_WINDOW 256  /* candles that an answer may be of, of struct agon_model_seen */
#define AGON_MODEL_LIST   8192 /* bytes of a list, with its end */
#define AGON_MODEL_GOAL   24
#define AGON_SIDES        3 /* up, flat, down */

struct agon_model {
    const struct agon_host *host;
    const struct agon_host_nn *nn;
    const struct agon_host_signal *signal; /* NULL: not served */
    struct agon_nn_shape shape;
    uint32_t id, n_text;
    char text[16];              /* "model 9a74c5f9": the first digits of its file's SHA-256 */
    char file[32];              /* its name in the roster's `files` */
    char goal[AGON_MODEL_GOAL]; /* of a net's card, as "direction:5"; "": it says none */
};

/* --- pieces, for a plugin with a state of its own --- */

/* Says in the log why an instance is not made, as printf does. AGON_EINVAL. */
int agon_model_refuse(const struct agon_host *host, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;
/* The features that a text names, as agon_features_init; where: what the text is called in the log,
 * as "parameters.features". AGON_EINVAL: one that is not in the catalogue, more than
 * AGON_FEATURES_MAX, or none; the log says which one, and in which line. */
int agon_model_features(const struct agon_host *host, const char *where, const char *list,
                        struct agon_features *set);
/* The same out of the roster's file of that name, where from # to the line's end is a comment.
 * AGON_EINVAL: also where it is not there, or longer than AGON_MODEL_LIST. In init. */
int agon_model_list(const struct agon_host *host, const char *file, struct agon_features *set);
/* The model in the roster's file of that name, asked by these inputs. AGON_EINVAL: the file is not
 * there; otherwise as agon.nn's open. In init. */
int agon_model_open(struct agon_model *model, const struct agon_host *host, const char *file,
                    const struct agon_nn_inputs *inputs);
int agon_model_is_trees(const struct agon_model *model);
/* Can it be shown again what it saw, out of `room` candles? AGON_EINVAL: a net that goes on from
 * event to event, or one of a longer window. */
int agon_model_holds_window(const struct agon_model *model, uint32_t room);
/* Are its answers sides: trees of 1 output (how likely up is) or of 3, or a net of 3 whose goal is
 * direction where its card says one? AGON_EINVAL. */
int agon_model_holds_sides(const struct agon_model *model);
/* The next closed candle into set, and the inputs after it into x[set->n] (NULL is fine).
 * AGON_EAGAIN, and x is not written: there are too few yet; AGON_EINVAL: it is not a candle, and
 * nothing changed; AGON_ENOENT: its instrument is not there. */
int agon_model_inputs(struct agon_features *set, const struct agon_desk *desk,
                      const struct agon_bar *bar, float *x);
/* The inputs after the last of them: as above, and no candle. */
int agon_model_values(const struct agon_features *set, float *x);
/* Resets the model and shows it once more the last of the n inputs that it saw, as many as its
 * window has: input i is rows[i % room][0..n_x), rows of `width` floats. For a start, when weights
 * may be others. As agon.nn's step; of trees nothing. */
int agon_model_see_again(const struct agon_model *model, const float *rows, uint32_t width,
                         uint32_t room, uint64_t n, uint32_t n_x);
/* For bytes from outside: are these finite? */
int agon_model_is_finite(const float *x, size_t n);
/* Of an answer how likely up, flat and down are: of trees as it is (of 1 output: up, and the rest
 * down), of a net the softmax. 0: they are not probabilities. */
int agon_model_sides(const struct agon_model *model, const float *y, double p[AGON_SIDES]);
/* The signal of them, by the place `key` in what the plugin publishes: value p_up - p_down,
 * confidence the largest, direction which that is, valid for two candles of that length from t on,
 * text the model's. */
void agon_model_signal(const struct agon_model *model, agon_instrument_t instrument, uint16_t key,
                       const double p[AGON_SIDES], agon_ns_t t, uint32_t length_s,
                       struct agon_signal *signal);

/* --- the whole --- */

/* An instance's first field, by the name base. */
struct agon_model_base {
    struct agon_strategy strategy;
    struct agon_model model;
    struct agon_features list; /* as the file says, and nothing seen */
};
/* What was seen of one instrument; an instance's state, by that name, is one or begins with one. */
struct agon_model_seen {
    agon_instrument_t instrument;
    uint32_t pad;
    agon_ns_t t_bar;
    uint64_t n; /* candles with inputs */
    float inputs[AGON_MODEL_WINDOW]
                [AGON_FEATURES_MAX]; /* of candle i in row i % AGON_MODEL_WINDOW */
    struct agon_features set;
};
AGON_SIZE_IS(agon_model_seen,
             24 + 4 * AGON_MODEL_WINDOW * AGON_FEATURES_MAX + sizeof(struct agon_features));

/* The parameters bar_s, venue and symbol, and the services. */
#define AGON_PARAM_ASKED(X, bar_id, def, venue_id, symbol_id)                                      \
    X(BAR, bar_s, bar_id, "length of a candle, the model's", def)                                  \
    X(TEXT, venue, venue_id, "of symbol; empty: binance")                                          \
    X(TEXT, symbol, symbol_id,                                                                     \
      "what it is asked about; empty: the first instrument that a bar comes of")
#define AGON_TO_ASK                                                                                \
    AGON_EXT_ARENA, AGON_EXT_PARAM, AGON_EXT_SIGNAL, AGON_EXT_NN, AGON_EXT_ASSET,                  \
        AGON_EXT_INSTRUMENT
/* A rule's first fields; the author adds init, on and what else he has. */
#define AGON_RULE_ASKS(T)                                                                          \
    AGON_RULE_SEES(T), .fresh = agon_model_fresh, .is_stale = agon_model_is_stale,                 \
                       .check = agon_model_check, .feed = agon_model_feed,                         \
                       .start = agon_model_start

/* For init: reads the list, opens the model by it, and refuses one that cannot be shown again what
 * it saw. */
int agon_model_init(void *plugin, const char *list, const char *model);
/* For on_bar: takes a candle, if it is the next of the plugin's instrument and length, and asks.
 * n_y: shape.outputs. AGON_EAGAIN, and y is not written: there is no answer to it; otherwise as
 * agon.nn's step. */
int agon_model_ask(void *plugin, const struct agon_bar *bar, float *y, uint32_t n_y);
/* Publishes agon_model_signal of the plugin's instrument, on a candle that ended at t. Where the
 * ring is full it is left out: the next candle brings the next one. */
void agon_model_say(void *plugin, uint16_t key, const double p[AGON_SIDES], agon_ns_t t);
/* What AGON_RULE_ASKS names. A plugin with more state, or more to do, has functions of its own that
 * call these. */
void agon_model_fresh(void *plugin);
int agon_model_is_stale(const void *plugin);
int agon_model_check(const void *state);
int agon_model_feed(void *plugin, const struct agon_bar *bar);
int agon_model_start(void *plugin, uint32_t reason);

#ifdef __cplusplus
}
#endif

#endif
