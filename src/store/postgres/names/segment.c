/* Segments: jobs turned into (word, job) pairs, sorted, and written a word at a time. */
#include "store/postgres/names/segment.h"

#include "base/mem.h"
#include "base/scope.h"
#include "store/postgres/names/name_set.h"
#include "store/postgres/row.h"

#include <stdlib.h>

/* Some three times what ordinary names have; what longer ones would take is the next segment's. */
#define PAIRS_A_JOB 256

#define POSTINGS_MAX ((size_t)1 << 28)

/* Of all indexers of a schema, one writes at a time. */
static const char lock[] = "SELECT pg_advisory_xact_lock(hashtextextended('jobd names ' || "
                           "current_schema(), 0))";

/* A table that has grown since it was planned with is not read whole for each of thousands. */
static const char seek[] = "SELECT set_config('enable_seqscan', 'off', true)";

static void begin_round(struct pg_connection *connection)
{
    pg_send(connection, lock, NULL);
    pg_send(connection, seek, NULL);
}

#define NOT_INDEXED " WHERE " NAME_SEGMENT_WATERMARK " < $1"

bool name_words_of(struct span name, struct span type, const struct uuid *user,
                   struct name_words *ret_words)
{
    struct span bytes = {(const char *)user->bytes, sizeof(user->bytes)};
    int64_t whole, type_word, user_word;

    if (!name_grams_ask_word(NAME_WORD_WHOLE, name, &whole) ||
        !name_grams_ask_word(NAME_WORD_TYPE, type, &type_word) ||
        !name_grams_ask_word(NAME_WORD_USER, bytes, &user_word))
        return false;
    ret_words->whole = (int32_t)(whole & 0x3FFF);
    ret_words->type = (int32_t)type_word;
    ret_words->user = (int32_t)user_word;
    return true;
}

void name_piece_release(struct name_piece *piece)
{
    mem_free(piece->positions);
    mem_free(piece->pairs);
    name_grams_release(&piece->grams);
    name_ranges_release(&piece->ranges);
    *piece = (struct name_piece){0};
}

static void add_pair(struct name_piece *piece, int32_t word)
{
    piece->pairs[piece->pair_count++] = (uint64_t)(uint32_t)word << 32 | piece->count;
}

bool name_piece_add(struct name_piece *piece, const struct name_job *job, struct arena *arena)
{
    struct name_words words;
    int64_t *positions =
        mem_grow(piece->positions, &piece->room, piece->count + 1, sizeof(*positions));
    uint64_t *pairs;

    if (positions == NULL)
        return false;
    piece->positions = positions;
    name_grams_clear(&piece->grams);
    if (!name_words_of(job->name, job->type, &job->user, &words) ||
        !name_grams_cut(&piece->grams, job->folded, NAME_SEGMENT_GRAM))
        return false;
    name_grams_finish(&piece->grams);
    pairs = mem_grow(piece->pairs, &piece->pair_room, piece->pair_count + piece->grams.count + 3,
                     sizeof(*pairs));
    if (pairs == NULL)
        return false;
    piece->pairs = pairs;
    if (!name_ranges_add(&piece->ranges, job->folded, &piece->grams, arena))
        return false;
    for (size_t i = 0; i < piece->grams.count; i++)
        add_pair(piece, (int32_t)piece->grams.list[i]);
    add_pair(piece, words.whole);
    add_pair(piece, words.type);
    add_pair(piece, words.user);
    piece->positions[piece->count++] = job->position;
    return true;
}

bool name_piece_is_full(const struct name_piece *piece)
{
    return piece->count >= NAME_SEGMENT_JOBS ||
           piece->pair_count >= (size_t)NAME_SEGMENT_JOBS * PAIRS_A_JOB;
}

static int by_number(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

/* Postings while they are written. */
struct writing {
    struct buf bytes;
    int64_t *words, *positions; /* of a word at hand */
    size_t *ends;
    struct span *postings;
    size_t count;
};

static bool begin(struct writing *writing, const struct name_piece *piece, struct arena *arena)
{
    size_t words = 0;

    for (size_t i = 0; i < piece->pair_count; i++)
        words += i == 0 || piece->pairs[i] >> 32 != piece->pairs[i - 1] >> 32;
    writing->words = ARENA_ARRAY(arena, int64_t, words);
    writing->ends = ARENA_ARRAY(arena, size_t, words);
    writing->postings = ARENA_ARRAY(arena, struct span, words);
    writing->positions = ARENA_ARRAY(arena, int64_t, piece->count);
    return writing->words != NULL && writing->ends != NULL && writing->postings != NULL &&
           writing->positions != NULL;
}

/* Two of the words may be the same number, of one job. */
static void write_words(struct writing *writing, const struct name_piece *piece)
{
    const uint64_t *pairs = piece->pairs;

    for (size_t i = 0, next; i < piece->pair_count; i = next) {
        size_t count = 0;
        for (next = i; next < piece->pair_count && pairs[next] >> 32 == pairs[i] >> 32; next++)
            if (next == i || pairs[next] != pairs[next - 1])
                writing->positions[count++] = piece->positions[(uint32_t)pairs[next]];
        name_set_write(&writing->bytes, writing->positions, count, piece->count);
        writing->words[writing->count] = (int32_t)(pairs[i] >> 32);
        writing->ends[writing->count++] = writing->bytes.len;
    }
    for (size_t i = 0, begin = 0; i < writing->count; begin = writing->ends[i++])
        writing->postings[i] = (struct span){writing->bytes.ptr + begin, writing->ends[i] - begin};
}

static const char insert_postings[] =
    "INSERT INTO name_posting (segment, word, jobs) SELECT $1, p.word, p.jobs FROM "
    "unnest($2::int8[], $3::bytea[]) AS p (word, jobs)" NOT_INDEXED;

static void add_postings(const struct writing *writing, int64_t first, struct pg_params *params,
                         struct arena *arena)
{
    param_number(params, first);
    param_numbers(params, arena, writing->words, writing->count);
    param_array(params, arena, PG_BYTES, writing->postings, writing->count);
}

/* Last in the transaction, for by it the others know that they are to do nothing. */
static void send_segment(const struct name_piece *piece, int level,
                         struct pg_connection *connection)
{
    struct pg_params params = {0};

    param_number(&params, piece->positions[0]);
    param_number(&params, piece->positions[piece->count - 1]);
    param_number(&params, level);
    pg_send(connection,
            "INSERT INTO name_segment (first, last, level) SELECT $1, $2, $3" NOT_INDEXED, &params);
}

/* Nothing is sent before all there is to send is there. */
bool name_piece_send(struct name_piece *piece, int level, struct pg_connection *connection,
                     struct arena *arena)
{
    AUTO(buf_release) struct buf bytes = BUF(POSTINGS_MAX);
    struct writing writing = {.bytes = bytes};
    struct pg_params postings = {0}, ranges = {0};

    qsort(piece->pairs, piece->pair_count, sizeof(*piece->pairs), by_number);
    if (!begin(&writing, piece, arena))
        return false;
    write_words(&writing, piece);
    bytes = writing.bytes; /* to be released */
    if (buf_failed(&bytes))
        return false;
    add_postings(&writing, piece->positions[0], &postings, arena);
    name_ranges_params(&piece->ranges, &ranges, arena);
    if (postings.failed || ranges.failed)
        return false;
    begin_round(connection);
    pg_send(connection, insert_postings, &postings);
    pg_send(connection, name_ranges_widen, &ranges);
    send_segment(piece, level, connection);
    return true;
}

/* The newest ones' first positions, when they are so many of one level that is not the last. */
static bool find_alike(struct pg_connection *connection, int64_t ret_firsts[NAME_SEGMENT_WIDTH],
                       int64_t *ret_level, bool *ret_found)
{
    struct pg_params params = {0};
    const PGresult *result;

    param_number(&params, NAME_SEGMENT_WIDTH);
    result = pg_ask(connection,
                    "SELECT first, level FROM name_segment ORDER BY first DESC LIMIT $1", &params);
    if (result == NULL)
        return false;
    *ret_found = pg_rows(result) == NAME_SEGMENT_WIDTH;
    for (int i = 0; i < NAME_SEGMENT_WIDTH && *ret_found; i++) {
        struct pg_row row = {result, i};
        ret_firsts[i] = row_number(row, 0, 0);
        *ret_level = row_number(row, 1, 0);
        *ret_found = *ret_level < NAME_SEGMENT_LEVEL_LAST &&
                     *ret_level == row_number(pg_first(result), 1, 0);
    }
    pg_clear(connection);
    return true;
}

/* Unless another daemon has done so: all of them take the same ones. */
static bool merge(struct pg_connection *connection, const int64_t firsts[NAME_SEGMENT_WIDTH],
                  int64_t level)
{
    AUTO(arena_release) struct arena arena;
    struct pg_params params = {0};

    arena_init(&arena, 1 << 16);
    param_numbers(&params, &arena, firsts, NAME_SEGMENT_WIDTH);
    param_number(&params, level);
    param_number(&params, NAME_SEGMENT_WIDTH);
    begin_round(connection);
    pg_send(connection,
            "WITH old AS (DELETE FROM name_posting WHERE segment = ANY($1::int8[]) AND (SELECT "
            "count(*) FROM name_segment WHERE first = ANY($1::int8[]) AND level = $2) = $3 "
            "RETURNING segment, word, jobs) INSERT INTO name_posting (segment, word, jobs) SELECT "
            "min(min(segment)) OVER (), word, string_agg(jobs, '' ORDER BY segment) FROM old "
            "GROUP BY word",
            &params);
    pg_send(connection,
            "WITH old AS (DELETE FROM name_segment WHERE first = ANY($1::int8[]) AND level = $2 "
            "RETURNING first, last) INSERT INTO name_segment (first, last, level) SELECT "
            "min(first), max(last), $2 + 1 FROM old HAVING count(*) = $3",
            &params);
    return pg_round(connection);
}

bool name_segments_merge(struct pg_connection *connection)
{
    int64_t firsts[NAME_SEGMENT_WIDTH], level = 0;
    bool found = true, good = true;

    while (good && found) {
        good = find_alike(connection, firsts, &level, &found);
        if (good && found)
            good = merge(connection, firsts, level);
        if (good)
            pg_clear(connection);
    }
    return good;
}
