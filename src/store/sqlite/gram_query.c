/* What is asked of the name index: some grams of a pattern, and the words of types and a person. */
#include "store/sqlite/gram.h"

#include "base/scope.h"
#include "base/text.h"

/* More grams find fewer candidates, but each costs a walk through its list. */
#define GRAMS_MAX 5
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
    size_t before = choice->seen * choice->want / choice->all;

    choice->seen++;
    return choice->seen * choice->want / choice->all > before;
}

static size_t at_most(size_t count, size_t bound)
{
    return count < bound ? count : bound;
}

static void add_grams(struct buf *out, struct span pattern)
{
    size_t points = code_points(pattern), size = at_most(points, 3), count = points - size + 1;
    struct choice plain = {0}, other = {0};
    struct span rest = pattern;

    for (size_t i = 0; i < count; i++, rest = span_skip(rest, text_step(rest)))
        *(is_plain(head(rest, size)) ? &plain.all : &other.all) += 1;
    other.want = at_most(other.all, GRAMS_MAX);
    plain.want = at_most(plain.all, GRAMS_MAX - other.want);
    for (rest = pattern; count > 0; count--, rest = span_skip(rest, text_step(rest))) {
        struct span gram = head(rest, size);
        if (choose(is_plain(gram) ? &plain : &other))
            add_term(out, gram);
    }
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

bool gram_expression(struct arena *arena, const struct query *query, const struct scope *scope,
                     struct span *ret_expression)
{
    AUTO(buf_release) struct buf pattern = BUF(1 << 20);
    AUTO(buf_release) struct buf out = BUF(1 << 20);

    *ret_expression = (struct span){"", 0};
    if (query->match == MATCH_EXACT) {
        buf_printf(&out, "\"\x1fn%x\"", gram_name_hash(query->name));
    } else if (query->name_folded.len == 0 || has_controls(query->name_folded)) {
        return true;
    } else {
        add_pattern(&pattern, query);
        add_grams(&out, buf_span(&pattern));
    }
    add_words(&out, scope);
    if (buf_failed(&pattern) || buf_failed(&out))
        return false;
    *ret_expression = arena_span(arena, buf_span(&out));
    return ret_expression->ptr != NULL;
}
