// SPDX-License-Identifier: Apache-2.0
/* usual: trades, quotes and levels that look as those before them did, read at once
 * (venue/mould.h).
 *
 * What was read key by key, and found good, is learnt: which bytes its stream, keys and words are,
 * and where the digits of its numbers stand. A message within these bounds is the same message with
 * other digits, so that what remains to be judged is what its numbers are. Whatever does not fit,
 * or has a number that is refused, is left to the careful way, which says why. */
#include "base/hot.h"
#include "venue/binance/decode_in.h"

#define MISSES 16 /* of a place, before what looks otherwise takes it */
#define MS     1000000
#define US     1000

/* What the value of a key is. */
enum usual {
    USUAL_UNKNOWN = 0, /* skipped: a word stays as it is, digits may be any */
    USUAL_WORD,        /* stays as it is */
    USUAL_FLAG,        /* true or false: stays as it is */
    USUAL_COUNT,
    USUAL_TIME,
    USUAL_PX,
    USUAL_QTY
};
struct usual_key {
    const char *key; /* NULL behind the last */
    enum usual what;
    uint32_t value; /* which one it is of those that are read */
};

enum { TRADE_PX, TRADE_QTY, TRADE_ID, TRADE_TIME, TRADE_OTHER_TIME };
enum { QUOTE_BID_PX, QUOTE_BID_QTY, QUOTE_ASK_PX, QUOTE_ASK_QTY, QUOTE_ID, QUOTE_TIME };

static const struct usual_key keys_of_trade[] = {{"e", USUAL_WORD, 0},
                                                 {"s", USUAL_WORD, 0},
                                                 {"E", USUAL_TIME, TRADE_OTHER_TIME},
                                                 {"T", USUAL_TIME, TRADE_TIME},
                                                 {"t", USUAL_COUNT, TRADE_ID},
                                                 {"p", USUAL_PX, TRADE_PX},
                                                 {"q", USUAL_QTY, TRADE_QTY},
                                                 {"m", USUAL_FLAG, 0},
                                                 {"symbol", USUAL_WORD, 0},
                                                 {NULL, USUAL_UNKNOWN, 0}};
static const struct usual_key keys_of_aggregate[] = {{"e", USUAL_WORD, 0},
                                                     {"s", USUAL_WORD, 0},
                                                     {"E", USUAL_TIME, TRADE_OTHER_TIME},
                                                     {"T", USUAL_TIME, TRADE_TIME},
                                                     {"a", USUAL_COUNT, TRADE_ID},
                                                     {"p", USUAL_PX, TRADE_PX},
                                                     {"q", USUAL_QTY, TRADE_QTY},
                                                     {"m", USUAL_FLAG, 0},
                                                     {"symbol", USUAL_WORD, 0},
                                                     {NULL, USUAL_UNKNOWN, 0}};
static const struct usual_key keys_of_quote[] = {{"e", USUAL_WORD, 0},
                                                 {"s", USUAL_WORD, 0},
                                                 {"u", USUAL_COUNT, QUOTE_ID},
                                                 {"b", USUAL_PX, QUOTE_BID_PX},
                                                 {"B", USUAL_QTY, QUOTE_BID_QTY},
                                                 {"a", USUAL_PX, QUOTE_ASK_PX},
                                                 {"A", USUAL_QTY, QUOTE_ASK_QTY},
                                                 {"E", USUAL_TIME, QUOTE_TIME},
                                                 {"symbol", USUAL_WORD, 0},
                                                 {NULL, USUAL_UNKNOWN, 0}};
static const struct usual_key keys_around[] = {{"stream", USUAL_WORD, 0}, {NULL, USUAL_UNKNOWN, 0}};

/* Learning --------------------------------------------------------------------------------------
 */

struct learner {
    struct binance_usual *usual;
    const char *text;
    uint32_t n, at;
    uint32_t seen;   /* bit per value */
    uint32_t n_time; /* digits of its time stamps; 0: none was seen */
    const struct usual_key *keys;
};

static uint32_t digits_at(const struct learner *learner, uint32_t at)
{
    uint32_t n = 0;

    while (at + n < learner->n && learner->text[at + n] >= '0' && learner->text[at + n] <= '9')
        n++;
    return n;
}

static int is_at(const struct learner *learner, char c)
{
    return learner->at < learner->n && learner->text[learner->at] == c;
}

/* A number without point keeps its first digit from being 0 where there are more. */
static void any_digits(struct learner *learner, uint32_t at, uint32_t n, char most)
{
    mould_digits(learner->usual->bounds, learner->n, at, n, n > 1 ? '1' : '0', most);
}

static struct mould_pair *pair_of(struct learner *learner, uint32_t value)
{
    learner->seen |= 1u << value;
    return &learner->usual->pairs[value / 2];
}

static int learn_whole(struct learner *learner, const struct usual_key *key)
{
    uint32_t n = digits_at(learner, learner->at);

    if (n == 0 || n > 16 || (n > 1 && learner->text[learner->at] == '0'))
        return 0;
    if (key->what == USUAL_TIME) {
        // 2001 to 2096 in milliseconds or microseconds, all of a message in the one.
        if ((n != 13 && n != 16) || (learner->n_time != 0 && learner->n_time != n) ||
            learner->text[learner->at] > '3')
            return 0;
        learner->n_time = n;
    }
    mould_whole(pair_of(learner, key->value), (int)(key->value & 1), learner->at, n);
    any_digits(learner, learner->at, n, key->what == USUAL_TIME ? '3' : '9');
    learner->at += n;
    return 1;
}

/* "61837.63000000" */
static int learn_decimal(struct learner *learner, const struct usual_key *key)
{
    uint32_t at = learner->at + 1;
    uint32_t n_int = digits_at(learner, at);
    uint32_t n_frac = 0;
    int exp = key->what == USUAL_PX ? learner->usual->px_exp : learner->usual->qty_exp;
    uint32_t keep;

    if (!is_at(learner, '"') || n_int == 0 || (n_int > 1 && learner->text[at] == '0'))
        return 0;
    if (learner->text[at + n_int] == '.') {
        n_frac = digits_at(learner, at + n_int + 1);
        if (n_frac == 0)
            return 0;
    }
    learner->at = at + n_int + (n_frac > 0 ? n_frac + 1 : 0);
    if (!is_at(learner, '"') ||
        !mould_decimal(pair_of(learner, key->value), (int)(key->value & 1), at, n_int, n_frac, exp))
        return 0;
    learner->at++;
    keep = n_frac < (uint32_t)exp ? n_frac : (uint32_t)exp;
    any_digits(learner, at, n_int, '9');
    mould_digits(learner->usual->bounds, learner->n, at + n_int + 1, keep, '0', '9');
    for (uint32_t i = keep; i < n_frac; i++) {
        if (learner->text[at + n_int + 1 + i] != '0')
            return 0; // finer than the instrument: that is cut, and counted
    }
    return 1;
}

/* Over a text of plain ASCII without escapes. */
static int go_over_text(struct learner *learner, int may_vary)
{
    uint32_t at = learner->at + 1;

    if (!is_at(learner, '"'))
        return 0;
    while (at < learner->n && learner->text[at] != '"') {
        unsigned char c = (unsigned char)learner->text[at];

        if (c < ' ' || c > '~' || c == '\\')
            return 0;
        if (may_vary && c >= '0' && c <= '9')
            mould_digits(learner->usual->bounds, learner->n, at, 1, '0', '9');
        at++;
    }
    learner->at = at + 1;
    return at < learner->n;
}

static int go_over_word(struct learner *learner, const char *word)
{
    size_t n = strlen(word);

    if (learner->n - learner->at < n || memcmp(learner->text + learner->at, word, n) != 0)
        return 0;
    learner->at += (uint32_t)n;
    return 1;
}

static int learn_unknown(struct learner *learner)
{
    uint32_t n = digits_at(learner, learner->at);

    if (is_at(learner, '"'))
        return go_over_text(learner, 1);
    if (n == 0)
        return go_over_word(learner, "true") || go_over_word(learner, "false") ||
               go_over_word(learner, "null");
    if (n > 1 && learner->text[learner->at] == '0')
        return 0;
    any_digits(learner, learner->at, n, '9');
    learner->at += n;
    return 1;
}

static int learn_value(struct learner *learner, const struct usual_key *key)
{
    switch (key->what) {
    case USUAL_WORD:
        return go_over_text(learner, 0);
    case USUAL_FLAG:
        return go_over_word(learner, "true") || go_over_word(learner, "false");
    case USUAL_COUNT:
    case USUAL_TIME:
        return learn_whole(learner, key);
    case USUAL_PX:
    case USUAL_QTY:
        return learn_decimal(learner, key);
    case USUAL_UNKNOWN:
        break;
    }
    return learn_unknown(learner);
}

/* Its values by these keys; the object "data" in it by those of the payload. */
static int learn_object(struct learner *learner, const struct usual_key *keys)
{
    if (!is_at(learner, '{'))
        return 0;
    do {
        const struct usual_key *key = keys;
        uint32_t begin = ++learner->at + 1;
        uint32_t n;

        if (!go_over_text(learner, 0) || !is_at(learner, ':'))
            return 0;
        n = learner->at - 1 - begin;
        learner->at++;
        while (key->key != NULL &&
               (strlen(key->key) != n || memcmp(key->key, learner->text + begin, n) != 0))
            key++;
        if (keys == keys_around && n == 4 && memcmp(learner->text + begin, "data", 4) == 0) {
            if (!learn_object(learner, learner->keys))
                return 0;
        } else if (!learn_value(learner, key)) {
            return 0;
        }
        if (learner->at >= learner->n)
            return 0;
    } while (learner->text[learner->at] == ',');
    return learner->text[learner->at++] == '}';
}

/* What a good message of that kind looks like. False: not as what can be read so. */
static int learn(struct binance_usual *usual, const struct binance_decoder *dec, const char *text,
                 uint32_t n, const struct wire_out *out, int is_aggregate)
{
    struct learner learner = {.usual = usual, .text = text, .n = n};
    int is_quote = dec->last_kind == WIRE_QUOTE;
    int is_around = n > 9 && memcmp(text, "{\"stream\"", 9) == 0;

    usual->n = 0;
    memset(usual->pairs, 0, sizeof(usual->pairs));
    usual->symbol = dec->last_symbol;
    usual->px_exp = usual->symbol->px_exp;
    usual->qty_exp = usual->symbol->qty_exp;
    usual->kind = (uint8_t)dec->last_kind;
    usual->side = is_quote ? 0 : out->trade.side;
    learner.keys = is_quote ? keys_of_quote : is_aggregate ? keys_of_aggregate : keys_of_trade;
    if (!mould_copy(usual->bounds, text, n) ||
        !learn_object(&learner, is_around ? keys_around : learner.keys) || learner.at != n)
        return 0;
    if (!is_quote && (learner.seen & 1u << TRADE_TIME) == 0) {
        // Without a time of its own a trade has that of the message: the other half of the pair.
        struct mould_pair *time = &usual->pairs[TRADE_TIME / 2];
        const struct mould_pair *other = &usual->pairs[TRADE_OTHER_TIME / 2];

        memcpy(time->mask[2], other->mask[0], 16);
        memcpy(time->at + 2, other->at, sizeof(other->at[0]) * 2);
        time->upper[2] = other->upper[0];
        time->lower[2] = other->lower[0];
    }
    usual->time_unit_ns = learner.n_time == 0 ? 0 : learner.n_time == 13 ? MS : US;
    // A half is read as eight bytes: those of numbers near the text's begin would not be its own.
    for (uint32_t i = 0; i < BINANCE_VALUES; i++) {
        const struct mould_pair *pair = &usual->pairs[i / 2];

        if (pair->at[i % 2 * 2] < 0 || pair->at[i % 2 * 2 + 1] < 0)
            return 0;
    }
    usual->n = n;
    return 1;
}

/* Messages --------------------------------------------------------------------------------------
 */

/* A stream's name tells streams apart, in a bare message its event and its symbol; 0: it is none
 * that is learnt. */
static uint64_t stream_of(const struct binance_decoder *dec, const char *text, size_t n)
{
    uint64_t front;
    uint64_t hash;

    if (n < 64 || n > MOULD_MAX || dec->is_careful)
        return 0;
    front = scan_load8(text);
    if (memcmp(&front, "{\"stream", 8) == 0)
        hash = scan_load8(text + 11) ^ scan_load8(text + 19) << 3;
    else if (memcmp(&front, "{\"e\":\"", 6) == 0)
        hash = scan_load8(text + 6) ^ scan_load8(text + 36) << 3;
    else
        return 0;
    return (hash ^ hash >> 29) * 0x9e3779b97f4a7c15u | 1;
}

/* Where a message of the stream with digits in these places is. */
static struct binance_usual *place(struct binance_decoder *dec, uint64_t stream, const char *text,
                                   size_t n)
{
    return &dec->usuals[(mould_shape(text, (uint32_t)n) ^ stream) * 0x9e3779b97f4a7c15u >> 56];
}

static int take_trade(const struct binance_usual *usual, const int64_t *values,
                      struct agon_trade *trade)
{
    const struct symbol *symbol = usual->symbol;

    if (values[TRADE_PX] <= 0 || values[TRADE_PX] > symbol->limit_px || values[TRADE_QTY] <= 0)
        return 0;
    memset(trade, 0, sizeof(*trade));
    trade->px = values[TRADE_PX];
    trade->qty = values[TRADE_QTY];
    trade->venue_id = (uint64_t)values[TRADE_ID];
    trade->side = usual->side;
    decode_in_stamp(&trade->hdr, AGON_EVENT_TRADE, sizeof(*trade), symbol,
                    values[TRADE_TIME] * usual->time_unit_ns);
    return 1;
}

static int take_quote(const struct binance_usual *usual, const int64_t *values,
                      struct agon_quote *quote, uint64_t *id)
{
    const struct symbol *symbol = usual->symbol;

    if (values[QUOTE_BID_PX] <= 0 || values[QUOTE_BID_PX] > symbol->limit_px ||
        values[QUOTE_ASK_PX] <= 0 || values[QUOTE_ASK_PX] > symbol->limit_px)
        return 0;
    memset(quote, 0, sizeof(*quote));
    quote->bid_px = values[QUOTE_BID_PX];
    quote->bid_qty = values[QUOTE_BID_QTY];
    quote->ask_px = values[QUOTE_ASK_PX];
    quote->ask_qty = values[QUOTE_ASK_QTY];
    *id = (uint64_t)values[QUOTE_ID];
    decode_in_stamp(&quote->hdr, AGON_EVENT_QUOTE, sizeof(*quote), symbol,
                    values[QUOTE_TIME] * usual->time_unit_ns);
    return 1;
}

static inline __attribute__((always_inline)) int take(struct binance_decoder *dec,
                                                      const struct binance_usual *usual,
                                                      const char *text, size_t n,
                                                      struct wire_out *out)
{
    int64_t values[BINANCE_VALUES];
    const struct symbol *symbol = usual->symbol;

    if (usual->n != n || !mould_fits(usual->bounds, text, (uint32_t)n) ||
        usual->px_exp != symbol->px_exp || usual->qty_exp != symbol->qty_exp)
        return 0;
    mould_read(&usual->pairs[0], text, values);
    mould_read(&usual->pairs[1], text, values + 2);
    if (usual->kind == WIRE_TRADE) {
        if (!take_trade(usual, values, &out->trade))
            return 0;
    } else {
        mould_read(&usual->pairs[2], text, values + 4);
        if (!take_quote(usual, values, &out->quote, &out->id))
            return 0;
    }
    if (usual->time_unit_ns != 0)
        dec->time_unit_ns = usual->time_unit_ns;
    dec->last_symbol = symbol;
    dec->last_kind = usual->kind;
    dec->n_good[usual->kind]++;
    dec->n_usual++;
    return 1;
}

HOT int usual_take(struct binance_decoder *dec, const char *text, size_t n, struct wire_out *out)
{
    uint64_t stream = stream_of(dec, text, n);
    const struct binance_usual **last = &dec->usual_last[stream >> 56];
    const struct binance_usual *usual;

    if (stream == 0)
        return 0;
    // Most look as the last of their stream did, where a number is longer as one before it.
    if (*last != NULL && take(dec, *last, text, n, out))
        return dec->last_kind;
    usual = place(dec, stream, text, n);
    if (usual == *last || !take(dec, usual, text, n, out))
        return 0;
    *last = usual;
    return dec->last_kind;
}

void usual_learn(struct binance_decoder *dec, const char *text, size_t n,
                 const struct wire_out *out, int is_aggregate)
{
    uint64_t stream = stream_of(dec, text, n);
    struct binance_usual *usual;

    if (stream == 0)
        return;
    usual = place(dec, stream, text, n);
    // What looks another way each time is not learnt each time: that costs more than reading it.
    if (usual->n_missed++ % MISSES == 0 && learn(usual, dec, text, (uint32_t)n, out, is_aggregate))
        dec->usual_last[stream >> 56] = usual;
}

/* Levels ----------------------------------------------------------------------------------------
 */

/* ["61837.63000000","1.54698000"]: the lengths of its four runs of digits, four bits each; 0: it is
 * no such thing. What stands there is 64 bytes at least. */
static uint32_t lengths(const char *at)
{
    static const char *const behind[4] = {".", "\",\"", ".", "\"]"};
    uint32_t runs = 0;

    if (at[0] != '[' || at[1] != '"')
        return 0;
    at += 2;
    for (uint32_t run = 0; run < 4; run++) {
        size_t n_behind = strlen(behind[run]);
        uint32_t n = 0;

        while (n <= 8 && at[n] >= '0' && at[n] <= '9')
            n++;
        if (n == 0 || n > 8 || memcmp(at + n, behind[run], n_behind) != 0)
            return 0;
        runs |= n << 4 * run;
        at += n + n_behind;
    }
    return runs;
}

static int learn_level(struct binance_level *level, const char *at, uint32_t runs,
                       const struct symbol *symbol)
{
    static const uint32_t gaps[4] = {1, 3, 1, 2};
    const int exps[2] = {symbol->px_exp, symbol->qty_exp};
    uint32_t n[4];
    uint32_t begin[5] = {2};

    for (int i = 0; i < 4; i++) {
        n[i] = runs >> 4 * i & 15;
        begin[i + 1] = begin[i] + n[i] + gaps[i];
    }
    level->n = begin[4];
    if (level->n < MOULD_MIN || !mould_copy(level->bounds, at, level->n))
        return 0;
    for (int i = 0; i < 2; i++) {
        uint32_t n_int = n[2 * i];
        uint32_t n_frac = n[2 * i + 1];
        uint32_t keep = n_frac < (uint32_t)exps[i] ? n_frac : (uint32_t)exps[i];

        if (!mould_decimal(&level->pair, i, begin[2 * i], n_int, n_frac, exps[i]))
            return 0;
        mould_digits(level->bounds, level->n, begin[2 * i], n_int, n_int > 1 ? '1' : '0', '9');
        mould_digits(level->bounds, level->n, begin[2 * i + 1], keep, '0', '9');
        for (uint32_t k = keep; k < n_frac; k++)
            mould_digits(level->bounds, level->n, begin[2 * i + 1] + k, 1, '0', '0');
    }
    return 1;
}

static uint32_t exps_of(const struct symbol *symbol)
{
    return (uint32_t)symbol->px_exp << 16 | (uint32_t)symbol->qty_exp << 20;
}

/* How levels of the lengths of the one at at are read; NULL: it is none of the usual ones. */
static const struct binance_level *level_of(struct binance_decoder *dec,
                                            const struct symbol *symbol, const char *at,
                                            const char *end)
{
    struct binance_level *level;
    uint32_t runs;
    uint32_t form;

    if (end - at < 64 || symbol->px_exp > 8 || symbol->qty_exp > 8)
        return NULL;
    runs = lengths(at);
    if (runs == 0)
        return NULL;
    form = runs | exps_of(symbol) | 1u << 31;
    level = &dec->levels[form * 0x9e3779b1u >> 27];
    if (level->form != form) {
        level->form = 0;
        if (!learn_level(level, at, runs, symbol))
            return NULL;
        level->form = form;
    }
    dec->level = level;
    return level;
}

static inline __attribute__((always_inline)) int looks_so(const struct binance_level *level,
                                                          const char *at, const char *end)
{
    // What stands behind it is looked at too.
    return level != NULL && end - at > (int64_t)level->n && mould_fits(level->bounds, at, level->n);
}

HOT uint32_t usual_levels(struct scan *scan, struct binance_decoder *dec,
                          const struct symbol *symbol, struct agon_level *levels, uint32_t most)
{
    const struct binance_level *look = dec->level;
    const char *at = scan->at;
    const char *end = scan->end;
    uint64_t n_off_tick = 0;
    uint32_t n = 0;

    if (dec->is_careful || end - at < 2)
        return 0;
    if (!scan->is_first && *at++ != ',')
        return 0;
    if (look != NULL && (look->form & 0xff0000) != exps_of(symbol))
        look = NULL;
    for (; n < most; n++) {
        struct agon_level *level = &levels[n];

        // A half of a number may begin up to five bytes before its level: {"b":[ stands there.
        if (!looks_so(look, at, end)) {
            look = level_of(dec, symbol, at, end);
            if (!looks_so(look, at, end))
                break;
        }
        mould_read(&look->pair, at, level);
        if (level->px <= 0 || level->px > symbol->limit_px)
            break;
        n_off_tick += !symbol_is_on_tick(symbol, level->px);
        at += look->n;
        scan->at = at;
        if (*at++ != ',') {
            n++;
            break;
        }
    }
    if (n > 0)
        scan->is_first = 0;
    dec->n_off_tick += n_off_tick;
    return n;
}
