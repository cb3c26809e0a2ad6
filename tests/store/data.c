/* The data of the find tests. */
#include "data.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* Letters that fold to others or to more, marks of SQL and of patterns, equal and long ones. */
const char *const data_names[] = {
    "É",
    "é",
    "e\u0301",
    "École d'été",
    "ß",
    "SS",
    "Straße",
    "STRASSE",
    "ﬁ",
    "fi",
    "ﬁnal report",
    "final report",
    "🚀",
    "🚀🚀 launch",
    "👩‍👩‍👧",
    "a",
    "A",
    "ab",
    "aB",
    "b",
    "ba",
    "aaa",
    "aaaa",
    "import",
    "Import",
    "IMPORT",
    "re-import",
    "important",
    "imp",
    "Daily import of sales",
    "Daily import of sales",
    "Daily import of sales",
    "100%",
    "%",
    "%%",
    "_",
    "a_b",
    "a%b",
    "axb",
    "O'Brien",
    "'",
    "\"",
    "\"quoted\"",
    "*",
    "a*",
    "imp*",
    "^",
    "$",
    "^start",
    "end$",
    "^a$",
    "\\",
    "a\\b",
    "AND",
    "OR",
    "NOT",
    "NEAR(a b)",
    "name:import",
    "a b",
    " ",
    "  a  ",
    "-",
    "+a",
    "\u00AD",
    "a\u00ADb",
    "İ",
    "ı",
    "Σίσυφος",
    "ΣΊΣΥΦΟΣ",
    "한글 이름",
    "ｆｕｌｌ",
    "①",
    "Ǆ",
    "\uFDFA",
    "\U0010FFFD",
    "\uFFFD",
    "\uE000",
    "z",
    "zz",
    "Zebra import",
    "import 1",
    "import 2",
    "import 10",
    "a very long name that goes on and on and says import only here, and then goes on, and on",
};
const size_t data_name_count = ARRAY_SIZE(data_names);

const char *const data_parts[] = {
    "i",       "im",        "mp",
    "mport",   "t",         "rt",
    "port",    "^im",       "rt$",
    "of",      "s",         "ss",
    "ẞ",       "FI",        "ſ",
    "zz",      "zzz",       "qqq",
    "q",       "qx",        "aa",
    "daily",   "sale",      "on,",
    "and on",  "LAUNCH",    "🚀🚀",
    "\u200D",  "글",        "이름",
    "Σ",       "ς",         "σίσ",
    "full",    "1",         "10",
    "ǆ",       "d'é",       "été",
    "\"q",     "d\"",       "a b",
    "a  b",    "%b",        "_b",
    "a_",      "* *",       "p*",
    "import*", "OR import", "\uFDFA\uFDFA",
    "صلى",     "e",         "é",
};
const size_t data_part_count = ARRAY_SIZE(data_parts);

#define WIDE_5 "🚀🚀🚀🚀🚀"
#define WIDE_50 WIDE_5 WIDE_5 WIDE_5 WIDE_5 WIDE_5 WIDE_5 WIDE_5 WIDE_5 WIDE_5 WIDE_5
#define WIDE_250 WIDE_50 WIDE_50 WIDE_50 WIDE_50 WIDE_50

/* The last two are as long as may be, and differ in their last character. */
const char *const data_types[] = {
    "IMPORT", "import", "Ä\"'%", WIDE_250 "🚀🚀🚀🚀x", WIDE_250 "🚀🚀🚀🚀🚀",
};
const size_t data_type_count = ARRAY_SIZE(data_types);

#define ROUNDS 2

/* Dates that are often equal, sometimes absent, and not in the order of creation. */
static int64_t date_at(size_t i, size_t step)
{
    size_t slot = i * step % 13;

    return slot < 4 ? JOB_NO_TIME : START_MS + (int64_t)(slot * slot % 7) * 1000;
}

static struct job content_at(size_t i, const struct job *created)
{
    struct job job = *created;

    job.status = (enum job_status)(i * 7 % STATUS_COUNT);
    job.progress = (int32_t)(i % 101);
    job.started_on = date_at(i, 5);
    job.ended_on = date_at(i, 3);
    job.modified_on = START_MS + (int64_t)i;
    job.modified_by = user_at((unsigned)(i % DATA_USERS));
    return job;
}

static struct draft draft_at(struct arena *arena, size_t i)
{
    struct draft draft =
        draft_of(arena, data_names[i % data_name_count], data_types[i * i % 11 % data_type_count]);

    draft.user = user_at((unsigned)(i * 5 % 7 % DATA_USERS));
    return draft;
}

/* Jobs of the same millisecond in one create. */
static void create_some(struct fixture *fixture, struct shadow *shadow, size_t count)
{
    struct draft *drafts = ARENA_ARRAY(&fixture->arena, struct draft, count);
    struct job *jobs = NULL;

    for (size_t i = 0; i < count; i++)
        drafts[i] = draft_at(&fixture->arena, shadow->count + i);
    assert_int_equal(job_create(fixture->store, &fixture->arena, drafts, count, &jobs),
                     PROBLEM_NONE);
    for (size_t i = 0; i < count; i++)
        shadow_add(shadow, &jobs[i]);
    fixture->clock.ms++;
}

static bool is_put(size_t i)
{
    return i % 9 != 0;
}

/* All at once: one after the other each would wait for a sync of its own. */
static void put_all(struct fixture *fixture, struct shadow *shadow)
{
    AUTO(arena_release) struct arena arena;
    struct job_put *puts = ARENA_ARRAY(&fixture->arena, struct job_put, shadow->count);
    struct job content, job;

    arena_init(&arena, (size_t)1 << 26);
    for (size_t i = 0; i < shadow->count; i++) {
        content = content_at(i, &shadow->jobs[i].job);
        if (is_put(i))
            job_put_begin(&puts[i], fixture->store, &arena, &content.id, &content);
    }
    for (size_t i = 0; i < shadow->count; i++) {
        if (!is_put(i))
            continue;
        assert_int_equal(job_put_end(&puts[i], &job), PROBLEM_NONE);
        shadow_put(shadow, i, &job);
    }
}

void data_fill(struct fixture *fixture, struct shadow *shadow)
{
    size_t count = ROUNDS * data_name_count;

    while (shadow->count < count)
        create_some(fixture, shadow, count - shadow->count < 4 ? count - shadow->count : 4);
    put_all(fixture, shadow);
}

void query_by_name(struct arena *arena, struct query *query, const char *name,
                   enum name_match match)
{
    query->has_name = true;
    query->name = span_of(name);
    query->name_folded = text_fold(arena, query->name);
    query->match = match;
}

static int type_compare(const void *a, const void *b)
{
    const struct span *left = a, *right = b;

    return strcmp(left->ptr, right->ptr);
}

void query_by_types(struct arena *arena, struct query *query, unsigned bits)
{
    struct span *types = ARENA_ARRAY(arena, struct span, data_type_count);
    size_t count = 0;

    for (size_t i = 0; i < data_type_count; i++) {
        if ((bits >> i & 1) != 0)
            types[count++] = span_of(data_types[i]);
    }
    qsort(types, count, sizeof(*types), type_compare);
    query->types = types;
    query->type_count = count;
}
