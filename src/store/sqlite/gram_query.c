/* What is asked of the name index: some grams of a pattern, and the words of types and a person. */
#include "store/sqlite/gram.h"

#include "base/scope.h"
#include "base/text.h"

/* More grams find fewer candidates, but each costs a walk through its list. */
#define GRAMS_MAX 8
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

/* Spread evenly over the pattern, the first and the last among them. */
static void add_grams(struct buf *out, struct span pattern)
{
    size_t points = code_points(pattern), size = points < 3 ? points : 3;
    size_t all = points - size + 1, count = all < GRAMS_MAX ? all : GRAMS_MAX, at = 0;

    for (size_t i = 0; i < count; i++) {
        size_t next = count > 1 ? i * (all - 1) / (count - 1) : 0;
        pattern = span_skip(pattern, head(pattern, next - at).len);
        at = next;
        add_term(out, head(pattern, size));
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
    if (query->name_folded.len == 0 || has_controls(query->name_folded))
        return true;
    add_pattern(&pattern, query);
    if (buf_failed(&pattern))
        return false;
    add_grams(&out, buf_span(&pattern));
    add_words(&out, scope);
    if (buf_failed(&out))
        return false;
    *ret_expression = arena_span(arena, buf_span(&out));
    return ret_expression->ptr != NULL;
}
