/* The error catalogue's rows, and the StandardErrorResponse they become. */
#include "model/problem.h"

#include "base/json_write.h"

#include <assert.h>

static const struct row {
    int status;
    const char *code, *title, *help, *user;
} rows[PROBLEM_COUNT] = {
#define PROBLEM_ROW(name, status, code, title, help, user)                                         \
    [PROBLEM_##name] = {status, code, title, help, user},
    PROBLEMS(PROBLEM_ROW)
#undef PROBLEM_ROW
};

static const struct row *row_of(enum problem problem)
{
    assert(problem > PROBLEM_NONE && problem < PROBLEM_COUNT);
    return &rows[problem];
}

enum problem problem_no_memory(struct err *err)
{
    err_set(err, "The server has no memory left for this request.");
    return PROBLEM_NO_MEMORY;
}

int problem_status(enum problem problem)
{
    return row_of(problem)->status;
}

const char *problem_code(enum problem problem)
{
    return row_of(problem)->code;
}

static void field(struct json_writer *json, const char *key, const char *text)
{
    json_key(json, key);
    json_str(json, text);
}

void problem_json(struct buf *out, enum problem problem, const char *user_message,
                  const char *context)
{
    const struct row *row = row_of(problem);
    bool own = user_message != NULL && user_message[0] != '\0';
    struct json_writer json = JSON_WRITER(out);
    json_begin_object(&json);
    json_key(&json, "statusCode");
    json_int(&json, row->status);
    field(&json, "titleMessage", row->title);
    field(&json, "helpMessage", row->help);
    field(&json, "userMessage", own ? user_message : row->user);
    field(&json, "errorCode", row->code);
    field(&json, "errorContext", context != NULL ? context : "");
    json_end_object(&json);
}
