/* The dictionaries: types and persons by their numbers and back, remembered a connection. */
#include "store/sqlite/dictionary.h"

#include "base/mem.h"
#include "store/sqlite/sqlite.h"

/* Persons' uuids are random or at least differ in their last bytes. */
static struct dictionary_person *slot_by_uuid(struct dictionary *dictionary,
                                              const struct uuid *uuid)
{
    uint32_t tail;

    memcpy(&tail, uuid->bytes + sizeof(uuid->bytes) - sizeof(tail), sizeof(tail));
    return &dictionary->persons_by_uuid[(tail ^ tail >> 16) % DICTIONARY_PERSONS];
}

static struct dictionary_type *slot_by_name(struct dictionary *dictionary, struct span name)
{
    uint32_t hash = 0;

    for (size_t i = 0; i < name.len; i++)
        hash = hash * 31 + (unsigned char)name.ptr[i];
    return &dictionary->types_by_name[(hash ^ hash >> 16) % DICTIONARY_TYPES];
}

/* Without memory nothing is remembered, which is no error. */
static void remember_type(struct dictionary_type *slot, int64_t id, struct span name)
{
    char *copy = mem_alloc(name.len + 1, 1);

    if (copy == NULL)
        return;
    memcpy(copy, name.ptr, name.len);
    mem_free(slot->name);
    *slot = (struct dictionary_type){.id = id, .name = copy, .len = name.len};
}

void dictionary_release(struct dictionary *dictionary)
{
    for (size_t i = 0; i < DICTIONARY_TYPES; i++) {
        mem_free(dictionary->types_by_id[i].name);
        mem_free(dictionary->types_by_name[i].name);
    }
    memset(dictionary, 0, sizeof(*dictionary));
}

/* Steps a look-up and yields its single column's statement in the row; NULL row: *ret_row false. */
static enum problem look_up(struct sqlite_reader *reader, sqlite3_stmt *statement, bool *ret_row,
                            struct err *err)
{
    int code = statement != NULL ? sqlite3_step(statement) : SQLITE_ERROR;
    enum problem problem = PROBLEM_NONE;

    if (code != SQLITE_ROW && code != SQLITE_DONE)
        problem = sqlite_problem(reader->db, err);
    *ret_row = code == SQLITE_ROW;
    return problem;
}

static enum problem id_of(struct sqlite_reader *reader, sqlite3_stmt *statement, int64_t *ret_id,
                          struct err *err)
{
    bool row;
    enum problem problem = look_up(reader, statement, &row, err);

    if (problem == PROBLEM_NONE)
        *ret_id = row ? sqlite3_column_int64(statement, 0) : 0;
    sqlite_rewind(statement);
    return problem;
}

enum problem sqlite_type_id(struct sqlite_reader *reader, struct span name, int64_t *ret_id,
                            struct err *err)
{
    struct dictionary_type *slot = slot_by_name(&reader->dictionary, name);
    sqlite3_stmt *statement;
    enum problem problem;

    if (slot->id != 0 && span_eq(name, (struct span){slot->name, slot->len})) {
        *ret_id = slot->id;
        return PROBLEM_NONE;
    }
    statement = sqlite_prepare_cached(reader, "SELECT id FROM type WHERE name = ?1");
    if (statement != NULL)
        sqlite_bind_span(statement, 1, name);
    problem = id_of(reader, statement, ret_id, err);
    if (problem == PROBLEM_NONE && *ret_id != 0)
        remember_type(slot, *ret_id, name);
    return problem;
}

enum problem sqlite_person_id(struct sqlite_reader *reader, const struct uuid *uuid,
                              int64_t *ret_id, struct err *err)
{
    struct dictionary_person *slot = slot_by_uuid(&reader->dictionary, uuid);
    sqlite3_stmt *statement;
    enum problem problem;

    if (slot->id != 0 && uuid_eq(&slot->uuid, uuid)) {
        *ret_id = slot->id;
        return PROBLEM_NONE;
    }
    statement = sqlite_prepare_cached(reader, "SELECT id FROM person WHERE uuid = ?1");
    if (statement != NULL)
        sqlite_bind_uuid(statement, 1, uuid);
    problem = id_of(reader, statement, ret_id, err);
    if (problem == PROBLEM_NONE && *ret_id != 0)
        *slot = (struct dictionary_person){.id = *ret_id, .uuid = *uuid};
    return problem;
}

static enum problem no_such_number(const char *what, int64_t id, struct err *err)
{
    err_set(err, "The store is damaged: no %s has the number %lld.", what, (long long)id);
    return PROBLEM_INTERNAL;
}

static enum problem read_person(struct sqlite_reader *reader, int64_t id,
                                struct dictionary_person *slot, struct err *err)
{
    sqlite3_stmt *statement =
        sqlite_prepare_cached(reader, "SELECT uuid FROM person WHERE id = ?1");
    enum problem problem;
    bool row;

    if (statement != NULL)
        sqlite3_bind_int64(statement, 1, id);
    problem = look_up(reader, statement, &row, err);
    if (problem == PROBLEM_NONE &&
        (!row || sqlite3_column_bytes(statement, 0) != (int)sizeof(slot->uuid)))
        problem = no_such_number("person", id, err);
    if (problem == PROBLEM_NONE) {
        memcpy(slot->uuid.bytes, sqlite3_column_blob(statement, 0), sizeof(slot->uuid.bytes));
        slot->id = id;
    }
    sqlite_rewind(statement);
    return problem;
}

enum problem sqlite_person_uuid(struct sqlite_reader *reader, int64_t id, struct uuid *ret_uuid,
                                struct err *err)
{
    struct dictionary_person *slot =
        &reader->dictionary.persons_by_id[(uint64_t)id % DICTIONARY_PERSONS];
    enum problem problem = PROBLEM_NONE;

    if (slot->id != id || id == 0)
        problem = read_person(reader, id, slot, err);
    if (problem == PROBLEM_NONE)
        *ret_uuid = slot->uuid;
    return problem;
}

static enum problem read_type(struct sqlite_reader *reader, int64_t id, struct arena *arena,
                              struct span *ret_name, struct err *err)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(reader, "SELECT name FROM type WHERE id = ?1");
    struct span name = {0};
    enum problem problem;
    bool row;

    if (statement != NULL)
        sqlite3_bind_int64(statement, 1, id);
    problem = look_up(reader, statement, &row, err);
    if (problem == PROBLEM_NONE && row) {
        name.ptr = (const char *)sqlite3_column_text(statement, 0);
        name.len = (size_t)sqlite3_column_bytes(statement, 0);
    }
    if (problem == PROBLEM_NONE && name.ptr == NULL)
        problem = no_such_number("type", id, err);
    if (problem == PROBLEM_NONE) {
        remember_type(&reader->dictionary.types_by_id[(uint64_t)id % DICTIONARY_TYPES], id, name);
        *ret_name = arena_span(arena, name);
        problem = ret_name->ptr != NULL ? PROBLEM_NONE : problem_no_memory(err);
    }
    sqlite_rewind(statement);
    return problem;
}

enum problem sqlite_type_name(struct sqlite_reader *reader, int64_t id, struct arena *arena,
                              struct span *ret_name, struct err *err)
{
    const struct dictionary_type *slot =
        &reader->dictionary.types_by_id[(uint64_t)id % DICTIONARY_TYPES];

    if (slot->id != id || id == 0)
        return read_type(reader, id, arena, ret_name, err);
    *ret_name = arena_span(arena, (struct span){slot->name, slot->len});
    return ret_name->ptr != NULL ? PROBLEM_NONE : problem_no_memory(err);
}
