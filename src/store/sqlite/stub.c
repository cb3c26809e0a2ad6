/* Stands in for find and the name index until they are there. */
#include "store/sqlite/sqlite.h"

enum problem sqlite_find(struct sqlite_store *store, struct sqlite_reader *reader,
                         struct store_find *find)
{
    (void)store;
    (void)reader;
    find->jobs = NULL;
    find->count = 0;
    find->more = false;
    return PROBLEM_NONE;
}

static int make(void *context, const char **arguments, int count, Fts5Tokenizer **ret_tokenizer)
{
    (void)context;
    (void)arguments;
    (void)count;
    *ret_tokenizer = (Fts5Tokenizer *)1;
    return SQLITE_OK;
}

static void drop(Fts5Tokenizer *tokenizer)
{
    (void)tokenizer;
}

static int tokenize(Fts5Tokenizer *tokenizer, void *context, int flags, const char *text, int len,
                    int (*found)(void *, int, const char *, int, int, int))
{
    (void)tokenizer, (void)context, (void)flags, (void)text, (void)len, (void)found;
    return SQLITE_OK;
}

bool sqlite_gram_register(sqlite3 *db)
{
    fts5_tokenizer tokenizer = {make, drop, tokenize};
    sqlite3_stmt *statement = NULL;
    fts5_api *api = NULL;

    sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &statement, NULL);
    sqlite3_bind_pointer(statement, 1, (void *)&api, "fts5_api_ptr", NULL);
    sqlite3_step(statement);
    sqlite3_finalize(statement);
    return api->xCreateTokenizer(api, "jobd_gram", NULL, &tokenizer, NULL) == SQLITE_OK;
}

bool sqlite_gram_step(struct sqlite_store *store, struct sqlite_reader *writer, int budget,
                      int *ret_done)
{
    (void)store;
    (void)writer;
    (void)budget;
    *ret_done = 0;
    return true;
}
