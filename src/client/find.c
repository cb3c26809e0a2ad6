/* Finding jobs: the contract's parameters out, a page of jobs back. */
#include "base/arena.h"
#include "base/mem.h"
#include "base/scope.h"
#include "client/client.h"
#include "client/job.h"

#define ANSWER_CEILING (32u << 20)
#define PATH_CEILING (60u << 10)
#define ARENA_CEILING (128u << 20)

/* A page, its jobs and their texts live in one arena, which lies beside it. */
struct page_box {
    struct jobd_page page;
    struct arena arena;
};

static void add(struct buf *path, const char *key, const char *value)
{
    if (value == NULL)
        return;
    buf_printf(path, "%s=", key);
    transport_escape(path, value);
    buf_add_char(path, '&');
}

static void add_all(struct buf *path, const char *key, const char *const *values)
{
    for (; values != NULL && *values != NULL; values++)
        add(path, key, *values);
}

void filters_write(struct buf *path, const struct jobd_query *query)
{
    add(path, "name", query->name);
    add(path, "nameMatchMode", query->name_match_mode);
    add_all(path, "state", query->states);
    add_all(path, "result", query->results);
    add_all(path, "type", query->types);
    add(path, "user", query->user);
}

static void write_path(struct buf *path, const struct jobd_query *query)
{
    buf_add_str(path, "/rest/jobs/v1/jobs?");
    filters_write(path, query);
    add(path, "sortField", query->sort_field);
    add(path, "sortOrder", query->sort_order);
    add(path, "cursor", query->cursor);
    if (query->page_size != 0)
        buf_printf(path, "pageSize=%d&", query->page_size);
    if (!buf_failed(path))
        path->ptr[--path->len] = '\0';
}

/* JobPagedResponse. */
struct answer {
    const struct json_value *results;
    struct span cursor;
    bool has_results, has_cursor;
};

static const struct json_field fields[] = {
    JSON_FIELD("results", JSON_ANY, struct answer, results, has_results),
    JSON_FIELD("nextCursor", JSON_SPAN, struct answer, cursor, has_cursor),
};

static bool read_jobs(struct page_box *box, const struct json_value *results, struct err *err)
{
    size_t count = json_length(results);
    struct jobd_job *jobs = ARENA_ARRAY(&box->arena, struct jobd_job, count);
    box->page.jobs = ARENA_ARRAY(&box->arena, struct jobd_job *, count);
    if (jobs == NULL || box->page.jobs == NULL)
        return err_set(err, "no memory for a page");
    for (size_t i = 0; i < count; i++) {
        if (!job_read(&box->arena, json_item(results, i), &jobs[i], err))
            return false;
        box->page.jobs[box->page.count++] = &jobs[i];
    }
    return true;
}

static bool read_page(struct page_box *box, const struct json_value *object, struct err *err)
{
    struct answer answer = {0};
    if (!json_read_object(object, fields, ARRAY_SIZE(fields), false, &answer, err))
        return false;
    if (!json_is_array(answer.results))
        return err_set(err, "it has no results");
    if (answer.has_cursor && answer.cursor.len > 0) {
        box->page.next_cursor = arena_strndup(&box->arena, answer.cursor.ptr, answer.cursor.len);
        if (box->page.next_cursor == NULL)
            return err_set(err, "no memory for a page");
    }
    return read_jobs(box, answer.results, err);
}

static bool give_page(const struct json_value *object, struct jobd_page **ret_page,
                      struct jobd_error *error)
{
    struct err err = {0};
    struct page_box *box = mem_alloc(1, sizeof(*box));
    if (box == NULL)
        return client_fail(error, 0, "no memory for a page");
    arena_init(&box->arena, ARENA_CEILING);
    if (object == NULL || !read_page(box, object, &err)) {
        jobd_page_free(&box->page);
        return client_fail(error, 0, "the server's answer is no page of jobs: %s", err.text);
    }
    *ret_page = &box->page;
    return true;
}

bool jobd_find(struct jobd_client *client, const struct jobd_query *query,
               struct jobd_page **ret_page, struct jobd_error *error)
{
    AUTO(buf_release) struct buf path = BUF(PATH_CEILING);
    AUTO(buf_release) struct buf bytes = BUF(ANSWER_CEILING);
    AUTO(json_free_at) struct json_value *answer = NULL;
    write_path(&path, query);
    if (buf_failed(&path))
        return client_fail(error, 400, "the query is too long");
    struct exchange_call call = {.method = "GET", .path = path.ptr, .answer = bytes};
    bool good = client_call(client, &call, 200, &answer, error);
    bytes = call.answer;
    return good && give_page(answer, ret_page, error);
}

void jobd_page_free(struct jobd_page *page)
{
    if (page == NULL)
        return;
    struct page_box *box = CONTAINER_OF(page, struct page_box, page);
    arena_release(&box->arena);
    mem_free(box);
}
