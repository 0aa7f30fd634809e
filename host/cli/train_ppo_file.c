// SPDX-License-Identifier: Apache-2.0
/* train_ppo_file: what a training leaves behind: the model, and the checkpoint that it goes on
 * from. Both are safetensors (nn/checkpoint.h) and are whole or not there. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <agon/feature.h>

#include "base/hash.h"
#include "cli/train_differ.h"
#include "cli/train_ppo_impl.h"
#include "nn/served.h"

#define PARTS   4u /* weights, m, v, best */
#define OWN     6u /* tensors beside them */
#define TEXTS   5u
#define SAIDS   (32u + CREW_PARAMS_MAX) /* settings beside them */
#define OF      "agon.of."              /* what the texts of settings begin with */
#define SHORT   44u                     /* bytes of a setting's text */
#define WHOLE   16777216.0              /* a float holds every whole number up to it */
#define PATH_OF 4096

/* --- files that are whole or not there --- */

static FILE *begin(const char *path, char part[PATH_OF], struct error *err)
{
    FILE *file;

    if (snprintf(part, PATH_OF, "%s.new", path) >= PATH_OF) {
        (void)error_set(err, AGON_EINVAL, "a path of %d bytes or more; expected less", PATH_OF);
        return NULL;
    }
    file = fopen(part, "wb");
    if (file == NULL)
        (void)error_set(err, AGON_EIO, "%.512s cannot be written: %s", path, strerror(errno));
    return file;
}

static int end(FILE *file, int rc, const char *part, const char *path, struct error *err)
{
    int is_whole = rc >= 0 && fflush(file) == 0 && fsync(fileno(file)) == 0;

    is_whole &= fclose(file) == 0;
    if (is_whole && rename(part, path) == 0)
        return AGON_OK;
    if (rc >= 0)
        rc = error_set(err, AGON_EIO, "%.512s cannot be written: %s", path, strerror(errno));
    (void)unlink(part);
    return rc;
}

int train_ppo_write(struct training *training, const char *path, real *weights, struct error *err)
{
    char part[PATH_OF];
    FILE *file = begin(path, part, err);
    const struct served_words words = {
        .served = "state", .inputs = training->job->inputs, .edition = AGON_FEATURES_EDITION};

    if (file == NULL)
        return err != NULL ? err->code : AGON_EIO;
    return end(
        file,
        served_write(file, &training->net, &words, training->mean, training->scale, weights, err),
        part, path, err);
}

/* --- the checkpoint --- */

/* One setting as a text that a checkpoint may have: of a longer one the beginning and a hash. */
__attribute__((format(printf, 3, 4))) static void put(json_t *said, const char *key,
                                                      const char *format, ...)
{
    char text[512], hex[2 * HASH_SIZE + 1];
    unsigned char digest[HASH_SIZE];
    struct hash hash;
    int is_other = 0;
    size_t n;
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    n = strlen(text);
    hash_init(&hash);
    hash_update(&hash, text, n);
    hash_final(&hash, digest);
    hash_hex(digest, hex);
    for (size_t i = 0; i < n; i++)
        if (text[i] < ' ' || text[i] > '~' || text[i] == '"' || text[i] == '\\') {
            text[i] = '?';
            is_other = 1;
        }
    if (is_other || n >= SHORT)
        (void)snprintf(text + (n < SHORT - 12 ? n : SHORT - 12), 16, "...%.8s", hex);
    (void)json_object_set_new(said, key, json_string(text));
}

/* What the training is of: settings and run, but not how far it is. For json_decref. */
static json_t *said_of(const struct training *training)
{
    const struct train_ppo_settings *of = training->settings;
    const struct backtest_config *run = training->job->backtest;
    const struct crew_slot *slot = &run->slots[0];
    json_t *said = json_object();
    char key[48];

    put(said, "environments", "%u", of->environments);
    put(said, "episode", "%.15g s", (double)of->episode_ns / 1e9);
    put(said, "steps", "%u", of->steps);
    put(said, "updates", "%u", of->updates);
    put(said, "epochs", "%u", of->epochs);
    put(said, "minibatches", "%u", of->minibatches);
    put(said, "hidden", "%u", of->hidden);
    put(said, "feed", "%u", of->feed);
    put(said, "rate", "%.15g", of->rate);
    put(said, "rate_later", "%s", of->is_rate_kept ? "stays" : "falls");
    put(said, "gamma", "%.15g", of->gamma);
    put(said, "lambda", "%.15g", of->lambda);
    put(said, "clip", "%.15g", of->clip);
    put(said, "value_share", "%.15g", of->value_share);
    put(said, "entropy_share", "%.15g", of->entropy_share);
    put(said, "norm_most", "%.15g", of->norm_most);
    put(said, "unit_bps", "%.15g", of->unit_bps);
    put(said, "rewards", "%s", of->is_shuffled ? "shuffled" : "own");
    put(said, "validation", "%u", of->validation);
    put(said, "validation_every", "%u", of->validation_every);
    put(said, "patience", "%u", of->patience);
    put(said, "seed", "%llu", (unsigned long long)of->seed);
    put(said, "inputs", "%u", training->job->n_inputs);
    put(said, "actions", "%u", training->job->n_actions);
    put(said, "capital", "%.15g", (double)slot->record.limits.capital_amt / 1e8);
    if (run->has_maker_fee)
        put(said, "maker", "%.15g bps", run->maker_fee_ppb / 1e5);
    if (run->has_taker_fee)
        put(said, "taker", "%.15g bps", run->taker_fee_ppb / 1e5);
    if (run->market != NULL)
        put(said, "market", "%s", run->market->about);
    for (uint32_t i = 0; i < slot->n_params; i++) {
        (void)snprintf(key, sizeof(key), "param.%s", slot->params[i].name);
        put(said, key, "%s", slot->params[i].text);
    }
    return said;
}

/* Is the checkpoint of this training? */
static int check_said(const struct training *training, FILE *in, struct error *err)
{
    const char *path = training->job->checkpoint, *key;
    json_t *card = checkpoint_card(in), *was = json_object(), *is = said_of(training), *value;
    char differs[TRAIN_DIFFER_TEXT];
    int rc = AGON_OK;

    json_object_foreach(card, key, value)
    {
        if (strncmp(key, OF, sizeof(OF) - 1) == 0)
            (void)json_object_set(was, key + sizeof(OF) - 1, value);
    }
    train_differ(was, is, differs);
    if (card != NULL && json_object_size(was) == 0)
        rc = error_set(err, AGON_EVERSION,
                       "%.512s is of another version of agon; begin again with --restart", path);
    else if (card != NULL && differs[0] != '\0')
        rc = error_set(err, AGON_EINVAL,
                       "%.300s is of another training: %s; expected the same settings, parameters "
                       "and market, or --restart instead of --resume",
                       path, differs);
    json_decref(card);
    json_decref(was);
    json_decref(is);
    return rc;
}

struct file {
    struct checkpoint_tensor *tensors; /* owned */
    char (*names)[CHECKPOINT_NAME];    /* owned */
    uint32_t n;
    real *here;                       /* owned: weights, m, v, best */
    real *episode, *answers, *hashes; /* owned: [environments], [environments][HASH_SIZE] */
};

static void close_file(struct file *file)
{
    free(file->tensors);
    free(file->names);
    free(file->here);
    free(file->episode);
    *file = (struct file){0};
}

static void add(struct file *file, const char *name, real *values, uint32_t d0, uint32_t d1)
{
    file->tensors[file->n++] = (struct checkpoint_tensor){
        .name = name, .n_dims = d1 > 0 ? 2 : 1, .dims = {d0, d1}, .values = values};
}

static int open_file(const struct training *training, struct file *file, struct error *err)
{
    static const char *const prefixes[PARTS] = {"", "m.", "v.", "best."};
    const struct net *net = &training->net;
    uint32_t n = training->settings->environments;
    size_t n_tensors = PARTS * (size_t)net->n_tensors + OWN;

    *file = (struct file){.tensors = calloc(n_tensors, sizeof(*file->tensors)),
                          .names = calloc(n_tensors, CHECKPOINT_NAME),
                          .here = calloc(PARTS * net->n_weights, sizeof(real)),
                          .episode = calloc((size_t)n * (2 + HASH_SIZE), sizeof(real))};
    if (file->tensors == NULL || file->names == NULL || file->here == NULL ||
        file->episode == NULL) {
        close_file(file);
        return error_set(err, AGON_ENOMEM, "no memory for a checkpoint");
    }
    file->answers = file->episode + n;
    file->hashes = file->answers + n;
    for (uint32_t part = 0; part < PARTS; part++) {
        struct checkpoint_tensor *own = file->tensors + file->n;

        net_list(net, file->here + part * net->n_weights, own);
        for (uint32_t i = 0; i < net->n_tensors; i++, file->n++) {
            (void)snprintf(file->names[file->n], CHECKPOINT_NAME, "%s%s", prefixes[part],
                           own[i].name);
            own[i].name = file->names[file->n];
        }
    }
    add(file, "norm.mean", training->mean, net->shape.inputs, 0);
    add(file, "norm.scale", training->scale, net->shape.inputs, 0);
    add(file, "env.episode", file->episode, n, 0);
    add(file, "env.answers", file->answers, n, 0);
    add(file, "env.hash", file->hashes, n, HASH_SIZE);
    add(file, "env.actions", training->actions, n, training->answers_most);
    return AGON_OK;
}

static void set_text(struct checkpoint_text *text, const char *key)
{
    text->key = key;
    text->value[0] = '\0';
}

static void name_texts(struct checkpoint_text texts[TEXTS])
{
    static const char *const keys[TEXTS] = {"agon.update", "agon.steps", "agon.best",
                                            "agon.best_update", "agon.since"};

    for (uint32_t i = 0; i < TEXTS; i++)
        set_text(&texts[i], keys[i]);
}

static int fill(struct training *training, struct file *file, struct error *err)
{
    struct ppo *ppo = &training->ppo;
    size_t n = training->net.n_weights;
    const real *from[] = {ppo->weights, ppo->adam.m, ppo->adam.v};

    for (uint32_t part = 0; part < 3; part++)
        ppo->device->read(ppo->device, file->here + part * n, from[part], n * sizeof(real));
    memcpy(file->here + 3 * n, training->best, n * sizeof(real));
    for (uint32_t i = 0; i < training->settings->environments; i++) {
        unsigned char hash[HASH_SIZE];
        int rc = envs_hash(training->envs, i, hash, err);

        if (rc < 0)
            return rc;
        file->episode[i] = (real)training->all[i].episode;
        file->answers[i] = (real)training->all[i].n;
        for (uint32_t k = 0; k < HASH_SIZE; k++)
            file->hashes[i * HASH_SIZE + k] = (real)hash[k];
    }
    return ppo->device->wait(ppo->device, err);
}

int train_ppo_checkpoint(struct training *training, struct error *err)
{
    struct checkpoint_text texts[TEXTS + SAIDS];
    char keys[SAIDS][sizeof(OF) + 48];
    char part[PATH_OF];
    uint32_t n = TEXTS;
    struct file file;
    FILE *out = NULL;
    const char *key;
    json_t *said, *value;
    int rc = open_file(training, &file, err);

    if (rc < 0)
        return rc;
    name_texts(texts);
    said = said_of(training);
    REQUIRE(json_object_size(said) <= SAIDS);
    json_object_foreach(said, key, value)
    {
        (void)snprintf(keys[n - TEXTS], sizeof(keys[0]), OF "%s", key);
        texts[n].key = keys[n - TEXTS];
        (void)snprintf(texts[n].value, sizeof(texts[n].value), "%s", json_string_value(value));
        n++;
    }
    json_decref(said);
    (void)snprintf(texts[0].value, sizeof(texts[0].value), "%u", training->update);
    (void)snprintf(texts[1].value, sizeof(texts[1].value), "%llu",
                   (unsigned long long)training->ppo.n_steps);
    (void)snprintf(texts[2].value, sizeof(texts[2].value), "%.17g", training->best_validation);
    (void)snprintf(texts[3].value, sizeof(texts[3].value), "%u", training->best_update);
    (void)snprintf(texts[4].value, sizeof(texts[4].value), "%u", training->since);
    rc = fill(training, &file, err);
    if (rc >= 0 && (out = begin(training->job->checkpoint, part, err)) == NULL)
        rc = AGON_EIO;
    if (out != NULL)
        rc = end(out, checkpoint_write(out, texts, n, file.tensors, file.n, err), part,
                 training->job->checkpoint, err);
    close_file(&file);
    return rc;
}

static int number_of(const struct checkpoint_text *text, double most, double *value,
                     struct error *err)
{
    char *stop;

    *value = strtod(text->value, &stop);
    if (text->value[0] == '\0' || *stop != '\0' || !(*value >= -most && *value <= most))
        return error_set(err, AGON_EINVAL, "%s of the checkpoint is \"%s\"; expected a number",
                         text->key, text->value);
    return AGON_OK;
}

/* What stands in a file may be anything. */
static int take(struct training *training, const struct file *file,
                const struct checkpoint_text texts[TEXTS], struct envs_snapshot *snapshots,
                struct error *err)
{
    struct ppo *ppo = &training->ppo;
    size_t n = training->net.n_weights;
    real *to[] = {ppo->weights, ppo->adam.m, ppo->adam.v};
    double numbers[TEXTS] = {0};

    for (uint32_t i = 0; i < TEXTS; i++) {
        int rc = number_of(&texts[i], i == 2 ? 1e300 : 1e12, &numbers[i], err);

        if (rc < 0)
            return rc;
    }
    for (uint32_t i = 0; i < training->settings->environments; i++) {
        int is_good = file->episode[i] >= 0 && (double)file->episode[i] < WHOLE &&
                      file->answers[i] >= 0 &&
                      (double)file->answers[i] <= (double)training->answers_most;

        for (uint32_t k = 0; k < training->answers_most && is_good; k++) {
            real action = training->actions[(size_t)i * training->answers_most + k];

            is_good = action >= 0 && action < (real)training->job->n_actions;
        }
        for (uint32_t k = 0; k < HASH_SIZE && is_good; k++) {
            is_good = file->hashes[i * HASH_SIZE + k] >= 0 && file->hashes[i * HASH_SIZE + k] < 256;
            if (is_good)
                snapshots[i].hash[k] = (unsigned char)file->hashes[i * HASH_SIZE + k];
        }
        if (!is_good)
            return error_set(err, AGON_EINVAL,
                             "the checkpoint's run %u is invalid: expected a number of answers and "
                             "what they were",
                             i);
        training->all[i].episode = (uint64_t)file->episode[i];
        training->all[i].n = (uint32_t)file->answers[i];
    }
    for (uint32_t part = 0; part < 3; part++)
        ppo->device->write(ppo->device, to[part], file->here + part * n, n * sizeof(real));
    memcpy(training->best, file->here + 3 * n, n * sizeof(real));
    training->update = (uint32_t)numbers[0];
    ppo->n_steps = (uint64_t)numbers[1];
    adam_at(&ppo->adam, ppo->n_steps);
    training->best_validation = numbers[2];
    training->best_update = (uint32_t)numbers[3];
    training->since = (uint32_t)numbers[4];
    return AGON_OK;
}

int train_ppo_restore(struct training *training, struct envs_snapshot *snapshots, struct error *err)
{
    const char *path = training->job->checkpoint;
    struct checkpoint_text texts[TEXTS];
    struct file file;
    FILE *in = fopen(path, "rb");
    int rc;

    if (in == NULL && errno == ENOENT)
        return AGON_ENOENT;
    if (in == NULL)
        return error_set(err, AGON_EIO, "%.512s: %s", path, strerror(errno));
    name_texts(texts);
    rc = open_file(training, &file, err);
    if (rc >= 0)
        rc = check_said(training, in, err);
    if (rc >= 0)
        rc = checkpoint_texts(in, texts, TEXTS, err);
    if (rc >= 0)
        rc = checkpoint_read(in, file.tensors, file.n, err);
    if (rc >= 0)
        rc = take(training, &file, texts, snapshots, err);
    close_file(&file);
    (void)fclose(in);
    return rc;
}
