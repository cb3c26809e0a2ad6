/* What the spool holds for a server, delivered one file at a time. */
#include "jobctl/replay.h"

#include "base/scope.h"
#include "client/client.h"

#define ARENA_CEILING (4u << 20)
#define FILE_CEILING (2u << 20)

void replay_open(struct replay *replay, const struct call *call, struct jobd_client *client)
{
    *replay = (struct replay){.call = call, .client = client};
    arena_init(&replay->arena, ARENA_CEILING);
    replay->directory = spool_directory(&replay->arena);
    if (replay->directory != NULL)
        spool_list(&replay->arena, replay->directory, &replay->names);
}

void replay_close(struct replay *replay)
{
    arena_release(&replay->arena);
}

bool replay_is_later(const struct jobd_error *error)
{
    return jobd_may_pass(error) || error->status == 401 || error->status == 403;
}

/* A job created now is noted in the file at once: nothing is created twice. */
static bool create(struct replay *replay, struct arena *arena, struct spool_file *file,
                   struct jobd_error *error)
{
    struct jobd_job *job = NULL;
    struct err err = {0};
    if (file->entry.id.len > 0)
        return true;
    if (!client_create_json(replay->client, file->entry.create, file->entry.key.ptr, &job, error))
        return false;
    file->entry.id = arena_span(arena, span_of(job->id));
    jobd_job_free(job);
    if (!spool_update(file, &err))
        complain(replay->call, 0, "%s", err.text);
    return file->entry.id.ptr != NULL || client_fail(error, 0, "no memory");
}

/* True: go on with the next file. */
static bool deliver(struct replay *replay, struct arena *arena, struct spool_file *file)
{
    struct jobd_error error;
    const struct report_body report = {file->entry.report, file->entry.fence};
    if (!span_is(file->entry.url, client_url(replay->client)))
        return true;
    if (create(replay, arena, file, &error) &&
        client_report_json(replay->client, file->entry.id.ptr, &report, NULL, &error)) {
        spool_drop(file);
        return true;
    }
    if (replay_is_later(&error))
        return error.status == 403;
    complain(replay->call, 0, "an earlier job's report was refused and is dropped: %s", error.text);
    spool_drop(file);
    return true;
}

bool replay_next(struct replay *replay)
{
    AUTO(arena_release) struct arena arena;
    AUTO(spool_close) struct spool_file file = {.fd = -1};
    bool more = true;
    arena_init(&arena, FILE_CEILING);
    if (replay->at >= replay->names.count)
        return false;
    switch (spool_open(&arena, replay->directory, replay->names.names[replay->at++], &file)) {
    case SPOOL_OPEN:
        more = deliver(replay, &arena, &file);
        break;
    case SPOOL_BROKEN:
        complain(replay->call, 0, "%s is broken and is dropped", file.path);
        spool_drop(&file);
        break;
    case SPOOL_BUSY:
        break;
    }
    if (!more)
        replay->at = replay->names.count;
    return more && replay->at < replay->names.count;
}
