/* Pieces: jobs turned into (word, job) pairs, sorted, and written a word at a time. */
#include "store/postgres/names/piece.h"

#include "base/mem.h"
#include "base/scope.h"
#include "store/postgres/names/name_order.h"
#include "store/postgres/names/segment.h"
#include "store/postgres/row.h"

#include <stdlib.h>

/* Some three times what ordinary names have; what longer ones would take is the next piece's. */
#define PAIRS_A_JOB 256

#define POSTINGS_MAX ((size_t)1 << 28)

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
    mem_free(piece->marks);
    mem_free(piece->pairs);
    name_grams_release(&piece->grams);
    name_ranges_release(&piece->ranges);
    mark_chunks_release(&piece->chunks);
    *piece = (struct name_piece){0};
}

/* Before the first job is indexed, changes are followed from the last one there is. */
const PGresult *name_piece_ask(struct pg_connection *connection, int64_t jobs)
{
    struct pg_params params = {0};

    param_number(&params, jobs);
    return pg_ask(connection,
                  "SELECT s.version, s.block, CASE WHEN s.block > 0 THEN s.change ELSE (SELECT "
                  "coalesce(max(change), 0) FROM job_change) END, j.* FROM name_state AS s CROSS "
                  "JOIN LATERAL (SELECT position, status, started_on, ended_on, name, name_folded, "
                  "type, person FROM job WHERE position > s.last ORDER BY position LIMIT $1) AS j "
                  "WHERE s.one",
                  &params);
}

enum column {
    VERSION,
    BLOCK,
    CHANGE,
    POSITION,
    STATUS,
    STARTED_ON,
    ENDED_ON,
    NAME,
    NAME_FOLDED,
    TYPE,
    PERSON,
};

static bool reserve_job(struct name_piece *piece)
{
    int64_t *positions =
        mem_grow(piece->positions, &piece->position_room, piece->count + 1, sizeof(*positions));
    struct job_mark *marks;

    if (positions == NULL)
        return false;
    piece->positions = positions;
    marks = mem_grow(piece->marks, &piece->mark_room, piece->count + 1, sizeof(*marks));
    if (marks == NULL)
        return false;
    piece->marks = marks;
    return true;
}

static void add_pair(struct name_piece *piece, int32_t word)
{
    piece->pairs[piece->pair_count++] = (uint64_t)(uint32_t)word << 32 | piece->count;
}

static bool add_words(struct name_piece *piece, struct pg_row row)
{
    struct uuid user;
    struct name_words words;
    uint64_t *pairs;

    name_grams_clear(&piece->grams);
    if (!row_uuid(row, PERSON, &user) ||
        !name_words_of(row_span(row, NAME), row_span(row, TYPE), &user, &words) ||
        !name_grams_cut(&piece->grams, row_span(row, NAME_FOLDED), NAME_PIECE_GRAM))
        return false;
    name_grams_finish(&piece->grams);
    pairs = mem_grow(piece->pairs, &piece->pair_room, piece->pair_count + piece->grams.count + 3,
                     sizeof(*pairs));
    if (pairs == NULL)
        return false;
    piece->pairs = pairs;
    for (size_t i = 0; i < piece->grams.count; i++)
        add_pair(piece, (int32_t)piece->grams.list[i]);
    add_pair(piece, words.whole);
    add_pair(piece, words.type);
    add_pair(piece, words.user);
    return true;
}

static bool add_job(struct name_piece *piece, struct pg_row row, struct arena *arena)
{
    if (!reserve_job(piece) || !add_words(piece, row) ||
        !name_ranges_add(&piece->ranges, row_span(row, NAME_FOLDED), &piece->grams, arena))
        return false;
    piece->marks[piece->count] =
        job_mark_of(row, STATUS, piece->block * JOB_BLOCK + (int64_t)piece->count);
    piece->positions[piece->count++] = row_number(row, POSITION, 0);
    return true;
}

bool name_piece_take(struct name_piece *piece, const PGresult *jobs, struct arena *arena)
{
    for (size_t i = 0; i < pg_rows(jobs); i++) {
        struct pg_row row = {jobs, (int)i};
        if (i == 0) {
            piece->version = row_number(row, VERSION, 0);
            piece->block = row_number(row, BLOCK, 0);
            piece->change = row_number(row, CHANGE, 0);
        }
        if (piece->pair_count >= pg_rows(jobs) * PAIRS_A_JOB)
            break;
        if (!add_job(piece, row, arena))
            return false;
    }
    return true;
}

static int by_number(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

/* Postings while they are written. */
struct writing {
    struct buf bytes;
    int64_t *words;
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
    return writing->words != NULL && writing->ends != NULL && writing->postings != NULL;
}

/* The jobs of a word from one pair on that are of one block; two of the words of a job may be the
 * same number. Returns the pair behind them. */
static size_t write_chunk(struct writing *writing, const struct name_piece *piece, size_t from)
{
    const uint64_t *pairs = piece->pairs;
    int64_t ordinals[JOB_BLOCK];
    uint64_t block = pairs[from] / JOB_BLOCK;
    size_t count = 0, i;

    for (i = from; i < piece->pair_count && pairs[i] / JOB_BLOCK == block; i++)
        if (i == from || pairs[i] != pairs[i - 1])
            ordinals[count++] = piece->block * JOB_BLOCK + (int64_t)(uint32_t)pairs[i];
    job_posting_add(&writing->bytes, ordinals, count);
    return i;
}

static void write_words(struct writing *writing, const struct name_piece *piece)
{
    for (size_t i = 0, word; i < piece->pair_count;) {
        word = piece->pairs[i] >> 32;
        while (i < piece->pair_count && piece->pairs[i] >> 32 == word)
            i = write_chunk(writing, piece, i);
        writing->words[writing->count] = (int32_t)word;
        writing->ends[writing->count++] = writing->bytes.len;
    }
    for (size_t i = 0, from = 0; i < writing->count; from = writing->ends[i++])
        writing->postings[i] = (struct span){writing->bytes.ptr + from, writing->ends[i] - from};
}

static const char insert_postings[] =
    "INSERT INTO name_posting (segment, word, jobs) SELECT $1, p.word, p.jobs FROM "
    "unnest($2::int8[], $3::bytea[]) AS p (word, jobs) WHERE " NAME_STATE_IS("$4");

static void add_postings(const struct writing *writing, const struct name_piece *piece,
                         struct pg_params *params, struct arena *arena)
{
    param_number(params, piece->positions[0]);
    param_numbers(params, arena, writing->words, writing->count);
    param_array(params, arena, PG_BYTES, writing->postings, writing->count);
    param_number(params, piece->version);
}

static const char insert_places[] =
    "INSERT INTO name_place (place, first, positions) SELECT $1 + p.number, min(p.position), "
    "array_agg(p.position ORDER BY p.position) FROM (SELECT position, (i - 1) / " NAME_PLACE_TEXT
    " AS number FROM unnest($2::int8[]) WITH ORDINALITY AS u (position, i)) AS p WHERE "
    "" NAME_STATE_IS("$3") " GROUP BY p.number";

static void add_places(const struct name_piece *piece, struct pg_params *params,
                       struct arena *arena)
{
    param_number(params, piece->block * (JOB_BLOCK / NAME_PLACE));
    param_numbers(params, arena, piece->positions, piece->count);
    param_number(params, piece->version);
}

static int64_t blocks_of(const struct name_piece *piece)
{
    return ((int64_t)piece->count + JOB_BLOCK - 1) / JOB_BLOCK;
}

static void send_segment(const struct name_piece *piece, int level,
                         struct pg_connection *connection)
{
    struct pg_params params = {0};

    param_number(&params, piece->positions[0]);
    param_number(&params, piece->positions[piece->count - 1]);
    param_number(&params, level);
    param_number(&params, piece->block);
    param_number(&params, piece->version);
    pg_send(connection,
            "INSERT INTO name_segment (first, last, level, block) SELECT $1, $2, $3, $4 WHERE "
            "" NAME_STATE_IS("$5"),
            &params);
}

/* Last in the transaction, for by it the others know that they are to do nothing. */
static void send_state(const struct name_piece *piece, struct pg_connection *connection)
{
    struct pg_params params = {0};

    param_number(&params, piece->version);
    param_number(&params, piece->positions[piece->count - 1]);
    param_number(&params, piece->block + blocks_of(piece));
    param_number(&params, piece->change);
    pg_send(connection,
            "UPDATE name_state SET version = version + 1, last = $2, block = $3, change = $4 WHERE "
            "one AND version = $1",
            &params);
}

/* Nothing is sent before all there is to send is there. */
static bool send_piece(struct name_piece *piece, int level, struct pg_connection *connection,
                       struct arena *arena)
{
    AUTO(buf_release) struct buf bytes = BUF(POSTINGS_MAX);
    struct writing writing = {.bytes = bytes};
    struct pg_params postings = {0}, places = {0}, ranges = {0}, marks[MARK_STATEMENTS] = {0};

    qsort(piece->pairs, piece->pair_count, sizeof(*piece->pairs), by_number);
    if (!begin(&writing, piece, arena))
        return false;
    write_words(&writing, piece);
    bytes = writing.bytes; /* to be released */
    if (buf_failed(&bytes))
        return false;
    add_postings(&writing, piece, &postings, arena);
    add_places(piece, &places, arena);
    name_ranges_params(&piece->ranges, &ranges, arena);
    if (postings.failed || places.failed || ranges.failed ||
        !mark_chunks_params(&piece->chunks, piece->version, marks, arena))
        return false;
    name_round_begin(connection);
    pg_send(connection, insert_postings, &postings);
    pg_send(connection, insert_places, &places);
    pg_send(connection, name_ranges_widen, &ranges);
    mark_chunks_send(marks, connection);
    send_segment(piece, level, connection);
    name_order_send(connection, piece->positions[0]);
    send_state(piece, connection);
    return true;
}

bool name_piece_write(struct name_piece *piece, int level, struct pg_connection *connection,
                      struct arena *arena)
{
    bool good;

    if (!mark_chunks_read(&piece->chunks, connection, piece->marks, piece->count, arena))
        return false;
    good = send_piece(piece, level, connection, arena) && pg_round(connection);
    if (good)
        pg_clear(connection);
    return good;
}
