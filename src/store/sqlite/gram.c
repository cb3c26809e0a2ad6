/* The name index: a tokenizer that cuts names into grams, and the step that indexes more jobs. */
#include "store/sqlite/gram.h"

#include "base/scope.h"
#include "base/text.h"

/*
 * A document is `<word>t12<word>p34<word>n5f09a1<word><start>folded name<end>`: control characters,
 * which no name has; if one had, it would only be a candidate too often.
 */
#define WORD '\x1f'
#define START "\x02"
#define END "\x03"
#define WORDS 3 /* type, person and name */
#define GRAM_MAX 3
/* To merge in a step, which takes a millisecond or two. */
#define MERGE_PAGES "8"

struct cut {
    struct span rest;
    void *context;
    int (*emit)(void *context, int flags, const char *token, int len, int start, int end);
};

/* Positions are not kept (detail = none), so nobody looks at the offsets. */
static int emit(const struct cut *cut, const char *token, size_t len)
{
    return cut->emit(cut->context, 0, token, (int)len, 0, 0);
}

static int cut_words(struct cut *cut)
{
    for (int i = 0; i < WORDS && cut->rest.len > 1; i++) {
        const char *next = memchr(cut->rest.ptr + 1, WORD, cut->rest.len - 1);
        size_t len = next != NULL ? (size_t)(next - cut->rest.ptr) : cut->rest.len;
        int code = emit(cut, cut->rest.ptr, len);
        if (code != SQLITE_OK)
            return code;
        cut->rest = span_skip(cut->rest, len);
    }
    cut->rest = span_skip(cut->rest, cut->rest.len > 0 ? 1 : 0);
    return SQLITE_OK;
}

static size_t step(struct span text)
{
    size_t len = text_step(text);

    return len < text.len ? len : text.len;
}

/* A mark by itself would be in every name. */
static bool is_mark(const char *token, size_t len)
{
    return len == 1 && (*token == *START || *token == *END);
}

/* From each code point on, the grams that begin there. */
static int cut_name(struct cut *cut)
{
    while (cut->rest.len > 0) {
        struct span behind = cut->rest;
        for (int i = 0; i < GRAM_MAX && behind.len > 0; i++) {
            size_t len;
            int code = SQLITE_OK;
            behind = span_skip(behind, step(behind));
            len = (size_t)(behind.ptr - cut->rest.ptr);
            if (!is_mark(cut->rest.ptr, len))
                code = emit(cut, cut->rest.ptr, len);
            if (code != SQLITE_OK)
                return code;
        }
        cut->rest = span_skip(cut->rest, step(cut->rest));
    }
    return SQLITE_OK;
}

/* What is asked for is a token already. */
static int tokenize(Fts5Tokenizer *tokenizer, void *context, int flags, const char *text, int len,
                    int (*token)(void *context, int flags, const char *token, int len, int start,
                                 int end))
{
    struct cut cut = {.rest = {text, (size_t)len}, .context = context, .emit = token};
    int code;

    (void)tokenizer;
    if (len <= 0)
        return SQLITE_OK;
    if ((flags & FTS5_TOKENIZE_QUERY) != 0)
        return emit(&cut, text, (size_t)len);
    code = cut_words(&cut);
    return code == SQLITE_OK ? cut_name(&cut) : code;
}

/* There is nothing to keep, but FTS5 wants a pointer. */
static int create(void *context, const char **arguments, int count, Fts5Tokenizer **ret_tokenizer)
{
    static int nothing;

    (void)context;
    (void)arguments;
    (void)count;
    *ret_tokenizer = (Fts5Tokenizer *)&nothing;
    return SQLITE_OK;
}

static void delete (Fts5Tokenizer *tokenizer)
{
    (void)tokenizer;
}

bool sqlite_gram_register(sqlite3 *db)
{
    fts5_tokenizer tokenizer = {.xCreate = create, .xDelete = delete, .xTokenize = tokenize};
    sqlite3_stmt *statement = NULL;
    fts5_api *api = NULL;

    if (sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &statement, NULL) == SQLITE_OK) {
        sqlite3_bind_pointer(statement, 1, (void *)&api, "fts5_api_ptr", NULL);
        sqlite3_step(statement);
    }
    sqlite3_finalize(statement);
    return api != NULL &&
           api->xCreateTokenizer(api, "jobd_gram", NULL, &tokenizer, NULL) == SQLITE_OK;
}

enum problem gram_watermark(struct sqlite_reader *reader, int64_t *ret_watermark, struct err *err)
{
    sqlite3_stmt *statement =
        sqlite_prepare_cached(reader, "SELECT value FROM meta WHERE key = 'gram_watermark'");
    int code = statement != NULL ? sqlite3_step(statement) : SQLITE_ERROR;
    enum problem problem = PROBLEM_NONE;

    if (code == SQLITE_ROW)
        *ret_watermark = sqlite3_column_int64(statement, 0);
    else if (code == SQLITE_DONE)
        *ret_watermark = -1;
    else
        problem = sqlite_problem(reader->db, err);
    sqlite_rewind(statement);
    return problem;
}

static bool index_job(struct sqlite_reader *writer, sqlite3_stmt *job, struct buf *document)
{
    sqlite3_stmt *insert =
        sqlite_prepare_cached(writer, "INSERT INTO job_gram (rowid, name) VALUES (?1, ?2)");
    bool done;

    buf_clear(document);
    buf_printf(document, "%ct%lld%cp%lld%cn%x%c" START, WORD, sqlite3_column_int64(job, 1), WORD,
               sqlite3_column_int64(job, 2), WORD, gram_name_hash(search_text(job, 4)), WORD);
    buf_add_span(document, search_text(job, 3));
    buf_add_str(document, END);
    if (insert == NULL || buf_failed(document))
        return false;
    sqlite3_bind_int64(insert, 1, sqlite3_column_int64(job, 0));
    sqlite_bind_span(insert, 2, buf_span(document));
    done = sqlite3_step(insert) == SQLITE_DONE;
    sqlite_rewind(insert);
    return done;
}

/* Indexes the jobs a statement yields; *watermark is the last one's position. */
static bool index_jobs(struct sqlite_reader *writer, sqlite3_stmt *jobs, int64_t *watermark,
                       int *ret_done)
{
    AUTO(buf_release) struct buf document = BUF(1 << 20);
    int code;

    while ((code = sqlite3_step(jobs)) == SQLITE_ROW) {
        if (!index_job(writer, jobs, &document))
            return false;
        *watermark = sqlite3_column_int64(jobs, 0);
        ++*ret_done;
    }
    return code == SQLITE_DONE;
}

static bool set_watermark(struct sqlite_reader *writer, int64_t watermark)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(
        writer, "INSERT OR REPLACE INTO meta (key, value) VALUES ('gram_watermark', ?1)");
    bool done;

    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, watermark);
    done = sqlite3_step(statement) == SQLITE_DONE;
    sqlite_rewind(statement);
    return done;
}

/*
 * Each transaction leaves a segment, and a search looks into all of them: merged, it takes a third
 * of the time. FTS5 merges four of a level while it writes; here two are enough, for there is time.
 */
static bool merge_some(struct sqlite_reader *writer, bool *ret_more)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(
        writer, "INSERT INTO job_gram (job_gram, rank) VALUES ('merge', " MERGE_PAGES ")");
    int before = sqlite3_total_changes(writer->db);
    bool done = statement != NULL && sqlite3_step(statement) == SQLITE_DONE;

    sqlite_rewind(statement);
    *ret_more = sqlite3_total_changes(writer->db) - before >= 2;
    return done;
}

bool sqlite_gram_step(struct sqlite_store *store, struct sqlite_reader *writer, int budget,
                      int *ret_done)
{
    sqlite3_stmt *jobs;
    int64_t watermark = -1;
    int done = 0;
    bool good, more = false;

    (void)store;
    if (gram_watermark(writer, &watermark, NULL) != PROBLEM_NONE)
        return false;
    jobs =
        sqlite_prepare_cached(writer, "SELECT position, type, person, name_folded, name FROM job "
                                      "WHERE position > ?1 ORDER BY position LIMIT ?2");
    if (jobs == NULL)
        return false;
    sqlite3_bind_int64(jobs, 1, watermark);
    sqlite3_bind_int(jobs, 2, budget);
    good = index_jobs(writer, jobs, &watermark, &done);
    sqlite_rewind(jobs);
    if (!good || (done > 0 && !set_watermark(writer, watermark)))
        return false;
    if (done < budget && !merge_some(writer, &more))
        return false;
    *ret_done = more ? budget : done;
    return true;
}
