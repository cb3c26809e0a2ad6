/* What is asked of the name index: some grams of a pattern, and the words of types and a person. */
#include "store/sqlite/gram.h"

#include "base/scope.h"
#include "base/text.h"

#include <assert.h>
#include <stdlib.h>

/*
 * More grams find fewer candidates, but each costs a walk through its list. So of a long pattern's
 * grams GRAMS_SEEN are looked at, and the rarest are asked for: two that are rare, or GRAMS_MAX.
 */
#define GRAMS_SEEN 8
#define GRAMS_MAX 5
/* Patterns of so few grams are taken as they are. */
#define GRAMS_FEW 4
/* How far a list is read to see how rare it is, and how many jobs are few. */
#define LOOK 32
#define RARE 4000
/* More types than these are tested a candidate. */
#define TYPES_MAX 16

sqlite3_stmt *gram_statement(struct sqlite_reader *reader, struct span expression, int64_t below)
{
    sqlite3_stmt *statement =
        sqlite_prepare_cached(reader, "SELECT rowid FROM job_gram WHERE job_gram MATCH ?1 "
                                      "AND rowid < ?2 ORDER BY rowid DESC LIMIT ?3");

    if (statement != NULL) {
        sqlite_bind_span(statement, 1, expression);
        sqlite3_bind_int64(statement, 2, below);
    }
    return statement;
}

/* FNV-1a, folded to 24 bits: a longer word would only make the index larger. */
uint32_t gram_name_hash(struct span name)
{
    uint32_t hash = 2166136261U;

    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (unsigned char)name.ptr[i]) * 16777619U;
    return (hash ^ hash >> 24) & 0xFFFFFF;
}

static void add_term(struct buf *out, struct span term)
{
    buf_add_str(out, out->len > 0 ? " AND \"" : "\"");
    for (size_t i = 0; i < term.len; i++) {
        buf_add_char(out, term.ptr[i]);
        if (term.ptr[i] == '"')
            buf_add_char(out, '"');
    }
    buf_add_char(out, '"');
}

/* The pattern between the marks that it has by its match mode. */
static void add_pattern(struct buf *out, const struct query *query)
{
    if (query->match == MATCH_START)
        buf_add_char(out, '\x02');
    buf_add_span(out, query->name_folded);
    if (query->match == MATCH_END)
        buf_add_char(out, '\x03');
}

static size_t code_points(struct span text)
{
    size_t count = 0;

    for (; text.len > 0; count++)
        text = span_skip(text, text_step(text));
    return count;
}

/* The first `points` code points of a text. */
static struct span head(struct span text, size_t points)
{
    struct span rest = text;

    for (; points > 0 && rest.len > 0; points--)
        rest = span_skip(rest, text_step(rest));
    return (struct span){text.ptr, text.len - rest.len};
}

/*
 * Three letters are found in many names; a gram over the end of a word, or with a digit, in few.
 * So these come first.
 */
static bool is_plain(struct span gram)
{
    for (size_t i = 0; i < gram.len; i++) {
        if (gram.ptr[i] < 'a' || gram.ptr[i] > 'z')
            return false;
    }
    return true;
}

/* Of the grams of a kind, `want` out of `all`, spread evenly. */
struct choice {
    size_t all, want, seen;
};

static bool choose(struct choice *choice)
{
    size_t before;

    assert(choice->seen < choice->all);
    before = choice->seen * choice->want / choice->all;
    choice->seen++;
    return choice->seen * choice->want / choice->all > before;
}

static size_t at_most(size_t count, size_t bound)
{
    return count < bound ? count : bound;
}

struct grams {
    struct gram {
        struct span text;
        int64_t count; /* how many names have it, roughly */
    } list[GRAMS_SEEN];
    size_t count;
    bool rare; /* at least one of them */
};

static void cut_grams(struct span pattern, struct grams *grams)
{
    size_t points = code_points(pattern), size = at_most(points, 3), count = points - size + 1;
    struct choice plain = {0}, other = {0};
    struct span rest = pattern;

    for (size_t i = 0; i < count; i++, rest = span_skip(rest, text_step(rest)))
        *(is_plain(head(rest, size)) ? &plain.all : &other.all) += 1;
    other.want = at_most(other.all, GRAMS_SEEN);
    plain.want = at_most(plain.all, GRAMS_SEEN - other.want);
    for (rest = pattern; count > 0; count--, rest = span_skip(rest, text_step(rest))) {
        struct span gram = head(rest, size);
        if (choose(is_plain(gram) ? &plain : &other))
            grams->list[grams->count++].text = gram;
    }
}

/* The positions of the newest and the oldest job that the index has. */
struct extent {
    int64_t newest, oldest;
};

static bool read_extent(struct sqlite_reader *reader, struct extent *ret_extent)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(reader, "SELECT min(position) FROM job");
    bool good = statement != NULL && sqlite3_step(statement) == SQLITE_ROW;

    if (good)
        ret_extent->oldest = sqlite3_column_int64(statement, 0);
    sqlite_rewind(statement);
    return good && gram_watermark(reader, &ret_extent->newest, NULL) == PROBLEM_NONE;
}

/* By how far back its newest names are. */
static bool count_gram(struct sqlite_reader *reader, const struct extent *extent, struct gram *gram)
{
    AUTO(buf_release) struct buf term = BUF(256);
    sqlite3_stmt *statement;
    int64_t last = extent->newest;
    int code;

    gram->count = 0;
    add_term(&term, gram->text);
    statement = gram_statement(reader, buf_span(&term), INT64_MAX);
    if (buf_failed(&term) || statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 3, LOOK);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        last = sqlite3_column_int64(statement, 0);
        gram->count++;
    }
    sqlite_rewind(statement);
    if (gram->count == LOOK && last < extent->newest)
        gram->count *= 1 + (extent->newest - extent->oldest) / (extent->newest - last);
    return code == SQLITE_DONE;
}

static int by_count(const void *a, const void *b)
{
    const struct gram *left = a, *right = b;

    return (left->count > right->count) - (left->count < right->count);
}

/* Leaves those of many grams that are worth asking for. */
static bool choose_grams(struct sqlite_reader *reader, struct grams *grams)
{
    struct extent extent;

    if (!read_extent(reader, &extent))
        return false;
    for (size_t i = 0; i < grams->count; i++) {
        if (!count_gram(reader, &extent, &grams->list[i]))
            return false;
    }
    qsort(grams->list, grams->count, sizeof(grams->list[0]), by_count);
    grams->rare = grams->list[0].count < RARE;
    grams->count = at_most(grams->count, grams->rare ? 2 : GRAMS_MAX);
    return true;
}

static void add_words(struct buf *out, const struct scope *scope)
{
    if (scope->person != 0)
        buf_printf(out, " AND \"\x1fp%lld\"", (long long)scope->person);
    if (scope->type_count == 0 || scope->type_count > TYPES_MAX)
        return;
    for (size_t i = 0; i < scope->type_count; i++)
        buf_printf(out, "%s\"\x1ft%lld\"", i == 0 ? " AND (" : " OR ", (long long)scope->types[i]);
    buf_add_char(out, ')');
}

/* No name has any; one that is asked for could be taken for a mark, or end the expression. */
static bool has_controls(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] < 0x20)
            return true;
    }
    return false;
}

static enum problem add_name(struct sqlite_reader *reader, const struct gram_question *question,
                             struct buf *out, bool *ret_rare, struct err *err)
{
    AUTO(buf_release) struct buf pattern = BUF(1 << 20);
    struct grams grams = {.count = 0};

    add_pattern(&pattern, question->query);
    if (buf_failed(&pattern))
        return problem_no_memory(err);
    cut_grams(buf_span(&pattern), &grams);
    if ((question->thorough || question->single || grams.count > GRAMS_FEW) &&
        !choose_grams(reader, &grams))
        return sqlite_problem(reader->db, err);
    if (question->single)
        grams.count = at_most(grams.count, 1);
    for (size_t i = 0; i < grams.count; i++)
        add_term(out, grams.list[i].text);
    *ret_rare = grams.rare;
    return PROBLEM_NONE;
}

enum problem gram_ask(struct sqlite_reader *reader, struct arena *arena,
                      const struct gram_question *question, struct gram_answer *ret_answer,
                      struct err *err)
{
    const struct query *query = question->query;
    AUTO(buf_release) struct buf out = BUF(1 << 20);
    enum problem problem = PROBLEM_NONE;

    *ret_answer = (struct gram_answer){.expression = {"", 0}};
    if (query->match == MATCH_EXACT)
        buf_printf(&out, "\"\x1fn%x\"", gram_name_hash(query->name));
    else if (query->name_folded.len == 0 || has_controls(query->name_folded))
        return PROBLEM_NONE;
    else
        problem = add_name(reader, question, &out, &ret_answer->rare, err);
    if (problem != PROBLEM_NONE)
        return problem;
    add_words(&out, question->scope);
    if (!buf_failed(&out))
        ret_answer->expression = arena_span(arena, buf_span(&out));
    return ret_answer->expression.len > 0 ? PROBLEM_NONE : problem_no_memory(err);
}
