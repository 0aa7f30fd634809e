// SPDX-License-Identifier: Apache-2.0
#include "card/check.h"

#include <string.h>

#define ELEMENTS_MAX ((uint64_t)1 << 31) /* kernels/args.h: nothing passes it */
#define VIEWS        8

enum access { READ = 1, WRITE = 2, BOTH = 3 };

/* A stretch of memory that a call touches. */
struct view {
    const char *name;
    unsigned char *at;
    uint64_t bytes;
    enum access access;
    const char *may_be; /* the view that this output may lie on exactly; NULL: none */
};

struct check {
    const struct card_space *space;
    struct error *err;
    int rc; /* the first refusal */
    struct view views[VIEWS];
    uint32_t n_views;
    const char *kernel;
};

static void refuse(struct check *check, int code, const char *what, const char *why)
{
    if (check->rc >= 0)
        check->rc = error_set(check->err, code, "%s: %s %s", check->kernel, what, why);
}

/* The product of dimensions, of which none is 0 and that has no more elements than a kernel takes;
 * 0 once something was refused. */
static uint64_t count(struct check *check, const char *what, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t n = 0;

    if (a == 0 || b == 0 || c == 0)
        refuse(check, AGON_EINVAL, what, "has no elements");
    else if (a >= ELEMENTS_MAX || b >= ELEMENTS_MAX || c >= ELEMENTS_MAX || a * b >= ELEMENTS_MAX ||
             a * b * c >= ELEMENTS_MAX)
        refuse(check, AGON_ERANGE, what, "has too many elements");
    else
        n = a * b * c;
    return n;
}

/* Where address `at` of the job lies, with `bytes` behind it, and how many more there are. */
static unsigned char *place(struct check *check, const char *name, uint64_t at, uint64_t bytes,
                            enum access access, uint64_t *room)
{
    const struct card_space *space = check->space;
    int is_resident = at >= CARD_RESIDENT;
    uint64_t offset = at - (is_resident ? CARD_RESIDENT : CARD_JOB);
    uint64_t all = is_resident ? space->n_resident : space->n_memory;

    if (space->n_blocks > 0) {
        const struct card_block *block = card_block_of(space->blocks, space->n_blocks, at, bytes);

        if (block != NULL) {
            *room = block->bytes - (at - block->at);
            return (unsigned char *)(uintptr_t)at;
        }
        refuse(check, AGON_ERANGE, name, "lies outside of its memory");
    } else if (at < CARD_JOB)
        refuse(check, AGON_EINVAL, name, "has no address");
    else if (offset > all || bytes > all - offset)
        refuse(check, AGON_ERANGE, name, "lies outside of its memory");
    else if (is_resident && (access & WRITE) != 0)
        refuse(check, AGON_EINVAL, name, "would be written where the lease's resident bytes are");
    else {
        *room = all - offset;
        return (is_resident ? space->resident : space->memory) + offset;
    }
    return NULL;
}

/* field: the pointer in the copy of the arguments, which gets its true value. */
static void view(struct check *check, const char *name, void *field, uint64_t elements, size_t size,
                 enum access access, const char *may_be)
{
    uint64_t bytes = elements * size;
    uintptr_t at;
    uint64_t room;
    unsigned char *true_at;

    if (check->rc < 0)
        return;
    memcpy(&at, field, sizeof(at));
    if (at % size != 0) {
        refuse(check, AGON_EINVAL, name, "does not lie where an element begins");
        return;
    }
    true_at = place(check, name, at, bytes, access, &room);
    if (true_at == NULL)
        return;
    memcpy(field, &true_at, sizeof(true_at));
    REQUIRE(check->n_views < VIEWS);
    check->views[check->n_views++] = (struct view){name, true_at, bytes, access, may_be};
}

/* One that this operation does not use. */
static void none(struct check *check, const char *name, const void *field)
{
    uintptr_t at;

    memcpy(&at, field, sizeof(at));
    if (at != 0)
        refuse(check, AGON_EINVAL, name, "is not used by this operation; expected 0");
}

/* An output lies apart from all else, or exactly on the one that its contract names. */
static void outputs_are_apart(struct check *check)
{
    for (uint32_t i = 0; i < check->n_views && check->rc >= 0; i++)
        for (uint32_t j = 0; j < check->n_views; j++) {
            const struct view *out = &check->views[i];
            const struct view *other = &check->views[j];
            int is_same = out->at == other->at && out->bytes == other->bytes;

            if (i == j || (out->access & WRITE) == 0 || out->at >= other->at + other->bytes ||
                other->at >= out->at + out->bytes)
                continue;
            if (is_same && ((out->may_be != NULL && (strcmp(out->may_be, other->name) == 0 ||
                                                     strcmp(out->may_be, "any") == 0)) ||
                            (other->may_be != NULL && strcmp(other->may_be, out->name) == 0)))
                continue;
            refuse(check, AGON_EINVAL, out->name, "lies over another argument");
            return;
        }
}

#define VIEW(field, elements, access)                                                              \
    view(check, #field, &args->field, elements, sizeof(*args->field), access, NULL)
#define VIEW_ON(field, elements, access, may_be)                                                   \
    view(check, #field, &args->field, elements, sizeof(*args->field), access, may_be)

static void check_map(struct check *check, struct map_args *args)
{
    uint64_t n = count(check, "n", args->n, 1, 1);
    int has_b = args->op <= MAP_FMA || args->op >= MAP_TANH_BACK;

    if (args->op >= MAP_OPS)
        refuse(check, AGON_EINVAL, "op", "is not one of map's");
    VIEW(a, n, READ);
    if (has_b)
        VIEW(b, n, READ);
    else
        none(check, "b", &args->b);
    if (args->op == MAP_FMA)
        VIEW(c, n, READ);
    else
        none(check, "c", &args->c);
    VIEW_ON(y, n, WRITE, "any");
}

static void check_adam(struct check *check, struct adam_args *args)
{
    uint64_t n = count(check, "n", args->n, 1, 1);

    VIEW(w, n, BOTH);
    VIEW(m, n, BOTH);
    VIEW(v, n, BOTH);
    VIEW(g, n, READ);
}

static void check_dropout(struct check *check, struct dropout_args *args)
{
    uint64_t n = count(check, "n", args->n, 1, 1);

    VIEW(a, n, READ);
    VIEW_ON(y, n, WRITE, "a");
}

static void check_rolling(struct check *check, struct rolling_args *args)
{
    uint64_t n = count(check, "a", args->rows, args->n, 1);

    if (args->op >= ROLLING_OPS)
        refuse(check, AGON_EINVAL, "op", "is not one of rolling's");
    if (args->window == 0 || args->window >= ELEMENTS_MAX ||
        (args->op == ROLLING_STD && args->window == 1))
        refuse(check, AGON_EINVAL, "window", "is too short or too long");
    VIEW(a, n, READ);
    VIEW(y, n, WRITE);
}

static void check_lstm_gates(struct check *check, struct lstm_gates_args *args)
{
    uint64_t n = count(check, "h", args->rows, args->hidden, 1);

    VIEW(gates, count(check, "gates", args->rows, args->hidden, 4), BOTH);
    VIEW(c_prev, n, READ);
    VIEW_ON(c, n, WRITE, "c_prev");
    VIEW(tanh_c, n, WRITE);
    VIEW(h, n, WRITE);
}

static void check_lstm_gates_back(struct check *check, struct lstm_gates_back_args *args)
{
    uint64_t n = count(check, "dh", args->rows, args->hidden, 1);
    uint64_t n_gates = count(check, "gates", args->rows, args->hidden, 4);

    VIEW(gates, n_gates, READ);
    VIEW(c_prev, n, READ);
    VIEW(tanh_c, n, READ);
    VIEW(dh, n, READ);
    VIEW(dc, n, BOTH);
    VIEW_ON(dgates, n_gates, WRITE, "gates");
}

/* A table whose rows ids choose: all that lies behind its address may be one of its rows. */
static uint32_t table_rows(struct check *check, void *field, uint32_t width, enum access access)
{
    uint64_t bytes = (uint64_t)width * sizeof(real);
    uint64_t room = 0;
    uint64_t rows;
    uintptr_t at;

    if (check->rc < 0)
        return 0;
    memcpy(&at, field, sizeof(at));
    (void)place(check, "table", at, bytes, access, &room);
    if (check->rc < 0)
        return 0;
    rows = room / bytes;
    if (rows * width >= ELEMENTS_MAX)
        rows = (ELEMENTS_MAX - 1) / width;
    return (uint32_t)rows;
}

static void check_embed(struct check *check, struct embed_args *args, struct card_ids *ids)
{
    uint64_t n = count(check, "y", args->n, args->width, 1);
    uint32_t rows = table_rows(check, &args->table, args->width, READ);
    uintptr_t table;
    uintptr_t y;

    memcpy(&table, &args->table, sizeof(table));
    memcpy(&y, &args->y, sizeof(y));
    // Rows end where the output begins, when that lies behind them.
    if (check->rc >= 0 && y > table && (y - table) / sizeof(real) / args->width < rows)
        rows = (uint32_t)((y - table) / sizeof(real) / args->width);
    VIEW(table, (uint64_t)rows * args->width, READ);
    VIEW(ids, args->n, READ);
    VIEW(y, n, WRITE);
    *ids = (struct card_ids){args->ids, args->n, rows};
}

static void check_embed_back(struct check *check, struct embed_back_args *args,
                             struct card_ids *ids)
{
    uint64_t n = count(check, "dy", args->n, args->width, 1);
    uint32_t rows = table_rows(check, &args->dtable, args->width, BOTH);
    uintptr_t table;
    uintptr_t others[2];

    memcpy(&table, &args->dtable, sizeof(table));
    memcpy(&others[0], &args->dy, sizeof(others[0]));
    memcpy(&others[1], &args->ids, sizeof(others[1]));
    for (int i = 0; i < 2; i++)
        if (check->rc >= 0 && others[i] > table &&
            (others[i] - table) / sizeof(real) / args->width < rows)
            rows = (uint32_t)((others[i] - table) / sizeof(real) / args->width);
    VIEW(dy, n, READ);
    VIEW(ids, args->n, READ);
    VIEW(dtable, (uint64_t)rows * args->width, BOTH);
    *ids = (struct card_ids){args->ids, args->n, rows};
}

static void check_reduce(struct check *check, struct reduce_args *args)
{
    uint64_t n = count(check, "a", args->rows, args->n, 1);

    if (args->op >= REDUCE_OPS)
        refuse(check, AGON_EINVAL, "op", "is not one of reduce's");
    VIEW(a, n, READ);
    if (args->op == REDUCE_DOT)
        VIEW(b, n, READ);
    else
        none(check, "b", &args->b);
    VIEW(y, args->rows, WRITE);
}

static void check_column_sum(struct check *check, struct column_sum_args *args)
{
    VIEW(a, count(check, "a", args->rows, args->n, 1), READ);
    VIEW(y, args->n, BOTH);
}

static void check_norm(struct check *check, struct norm_args *args)
{
    uint64_t n = count(check, "a", args->rows, args->n, 1);

    VIEW(a, n, READ);
    VIEW(gain, args->n, READ);
    VIEW(bias, args->n, READ);
    VIEW(y, n, WRITE);
    VIEW(mean, args->rows, WRITE);
    VIEW(rstd, args->rows, WRITE);
}

static void check_norm_back(struct check *check, struct norm_back_args *args)
{
    uint64_t n = count(check, "a", args->rows, args->n, 1);

    VIEW(a, n, READ);
    VIEW(gain, args->n, READ);
    VIEW(mean, args->rows, READ);
    VIEW(rstd, args->rows, READ);
    VIEW(dy, n, READ);
    VIEW(da, n, WRITE);
}

static void check_norm_params(struct check *check, struct norm_params_args *args)
{
    uint64_t n = count(check, "a", args->rows, args->n, 1);

    VIEW(a, n, READ);
    VIEW(mean, args->rows, READ);
    VIEW(rstd, args->rows, READ);
    VIEW(dy, n, READ);
    VIEW(dgain, args->n, BOTH);
    VIEW(dbias, args->n, BOTH);
}

static void check_softmax(struct check *check, struct softmax_args *args)
{
    uint64_t n = count(check, "a", args->rows, args->n, 1);

    VIEW(a, n, READ);
    VIEW_ON(y, n, WRITE, "a");
}

static void check_softmax_back(struct check *check, struct softmax_back_args *args)
{
    uint64_t n = count(check, "y", args->rows, args->n, 1);

    VIEW(y, n, READ);
    VIEW(dy, n, READ);
    VIEW_ON(da, n, WRITE, "dy");
}

/* Elements from the first of a matrix to its last, and from that of the first of a batch to that of
 * the last. */
static uint64_t matrix(struct check *check, const char *what, uint64_t rows, uint64_t columns,
                       uint64_t stride, uint64_t batch, uint64_t step)
{
    uint64_t n;

    (void)count(check, what, rows, columns, 1);
    if (check->rc < 0)
        return 0;
    n = (rows - 1) * stride + columns; // each below 2^31 and 2^32
    if (n >= ELEMENTS_MAX || (batch - 1) * step >= ELEMENTS_MAX ||
        n + (batch - 1) * step >= ELEMENTS_MAX) {
        refuse(check, AGON_ERANGE, what, "has too many elements");
        return 0;
    }
    return n + (batch - 1) * step;
}

/* Products of a batch write into different places: side by side within rows, or one behind the
 * other. */
static void products_are_apart(struct check *check, const struct gemm_args *args, uint64_t batch)
{
    uint64_t whole = (uint64_t)(args->m - 1) * args->ldc + args->n;

    if (args->ldc < args->n)
        refuse(check, AGON_EINVAL, "c", "has rows that lie over each other");
    if (batch > 1 && args->c_step < whole &&
        (args->c_step < args->n || (batch - 1) * args->c_step + args->n > args->ldc))
        refuse(check, AGON_EINVAL, "c", "has products that lie over each other");
}

static void check_gemm(struct check *check, struct gemm_args *args)
{
    uint64_t batch = args->batch == 0 ? 1 : args->batch;
    uint64_t rows_a = args->a_turned ? args->k : args->m;
    uint64_t columns_a = args->a_turned ? args->m : args->k;
    uint64_t rows_b = args->b_turned ? args->n : args->k;
    uint64_t columns_b = args->b_turned ? args->k : args->n;

    (void)count(check, "c", args->m, args->n, batch);
    (void)count(check, "k", args->k, 1, 1);
    // Tiles of a card's grid are at least 16 high, and it has 65,535 of them in that direction.
    if (args->m > 65535u * 16 || batch > 65535)
        refuse(check, AGON_ERANGE, "m or batch", "is larger than a card's grid");
    if (args->start > GEMM_BIAS)
        refuse(check, AGON_EINVAL, "start", "is not one of gemm's");
    if (check->rc >= 0)
        products_are_apart(check, args, batch);
    VIEW(a, matrix(check, "a", rows_a, columns_a, args->lda, batch, args->a_step), READ);
    VIEW(b, matrix(check, "b", rows_b, columns_b, args->ldb, batch, args->b_step), READ);
    if (args->start == GEMM_BIAS)
        VIEW(bias, args->n, READ);
    else
        none(check, "bias", &args->bias);
    VIEW(c, matrix(check, "c", args->m, args->n, args->ldc, batch, args->c_step), BOTH);
}

static void check_band_dot(struct check *check, struct band_dot_args *args)
{
    uint64_t n = count(check, "a", args->batch, args->steps, args->width);
    uint64_t n_y = count(check, "y", args->batch, args->steps, args->window);

    VIEW(a, n, READ);
    VIEW(b, n, READ);
    VIEW(y, n_y, WRITE);
}

static void check_band_apply(struct check *check, struct band_apply_args *args)
{
    uint64_t n = count(check, "a", args->batch, args->steps, args->width);

    VIEW(p, count(check, "p", args->batch, args->steps, args->window), READ);
    VIEW(a, n, READ);
    VIEW(y, n, WRITE);
}

static void check_scenarios(struct check *check, struct scenarios_args *args)
{
    if (args->m > SCENARIOS_POSITIONS)
        refuse(check, AGON_ERANGE, "m", "is more positions than it takes");
    if (args->steps == 0 || args->steps > SCENARIOS_STEPS)
        refuse(check, AGON_ERANGE, "steps", "are 0 or too many");
    VIEW(value, args->m, READ);
    VIEW(drift, args->m, READ);
    VIEW(factor, count(check, "factor", args->m, args->m, 1), READ);
    VIEW(y, count(check, "y", args->n, 3, 1), WRITE);
}

static void check_sweeps(struct check *check, struct sweeps_args *args, struct card_ids *ids)
{
    uint64_t n = count(check, "a", args->rows, args->steps, 1);
    uint64_t n_y = count(check, "y", args->n, 3, 1);

    VIEW(a, n, READ);
    VIEW(price, args->steps, READ);
    VIEW(fill, args->steps, READ);
    VIEW(pairs, 2 * (uint64_t)args->n, READ);
    VIEW(enter, args->n, READ);
    VIEW(leave, args->n, READ);
    VIEW(y, n_y, WRITE);
    *ids = (struct card_ids){args->pairs, 2 * args->n, args->rows};
}

#define KERNEL_NAME(name, type) #name,
static const char *const names[KERNEL_COUNT] = {KERNELS(KERNEL_NAME)};
#define KERNEL_FITS(name, type)                                                                    \
    _Static_assert(sizeof(struct type##_args) <= sizeof(((struct card_call *)0)->args),            \
                   "a call has room for its arguments");
KERNELS(KERNEL_FITS)

int card_check(enum kernel kernel, void *args, const struct card_space *space, struct card_ids *ids,
               struct error *err)
{
    struct check whole = {.space = space, .err = err};
    struct check *check = &whole;

    *ids = (struct card_ids){0};
    if ((unsigned)kernel >= KERNEL_COUNT)
        return error_set(err, AGON_EINVAL, "there is no kernel %u", (unsigned)kernel);
    check->kernel = names[kernel];
    switch (kernel) {
#define CHECK(name)                                                                                \
    case KERNEL_##name:                                                                            \
        check_##name(check, args);                                                                 \
        break;
        CHECK(map)
        CHECK(adam)
        CHECK(dropout)
        CHECK(rolling)
        CHECK(lstm_gates)
        CHECK(lstm_gates_back)
        CHECK(reduce)
        CHECK(column_sum)
        CHECK(norm)
        CHECK(norm_back)
        CHECK(norm_params)
        CHECK(softmax)
        CHECK(softmax_back)
        CHECK(gemm)
        CHECK(band_dot)
        CHECK(band_apply)
        CHECK(scenarios)
    case KERNEL_band_gather: // the same struct
        check_band_apply(check, args);
        break;
    case KERNEL_sweeps:
        check_sweeps(check, args, ids);
        break;
    case KERNEL_embed:
        check_embed(check, args, ids);
        break;
    case KERNEL_embed_back:
        check_embed_back(check, args, ids);
        break;
    case KERNEL_COUNT:
        break;
    }
    outputs_are_apart(check);
    return check->rc;
}

#define KERNEL_BYTES(name, type) sizeof(struct type##_args),
static const size_t args_bytes[KERNEL_COUNT] = {KERNELS(KERNEL_BYTES)};

/* What a kernel does not read has no meaning yet: who writes there expects one. */
int card_check_call(struct card_call *call, const struct card_space *space, struct card_ids *ids,
                    struct error *err)
{
    if (call->kernel < KERNEL_COUNT) {
        if (call->pad != 0)
            return error_set(err, AGON_EINVAL, "%s: pad is %u; expected 0", names[call->kernel],
                             call->pad);
        for (size_t i = args_bytes[call->kernel]; i < sizeof(call->args); i++) {
            if (call->args[i] != 0)
                return error_set(err, AGON_EINVAL,
                                 "%s: byte %zu of args is %u, behind the %zu of its arguments; "
                                 "expected 0",
                                 names[call->kernel], i, call->args[i], args_bytes[call->kernel]);
        }
    }
    return card_check((enum kernel)call->kernel, call->args, space, ids, err);
}
