/* Jobs as the library hands them out. */
#include "client/job.h"

#include "base/mem.h"
#include "base/scope.h"
#include "model/job_json.h"

/* A job and its texts live in one arena, which lies beside it. */
struct job_box {
    struct jobd_job job;
    struct arena arena;
};

#define ARENA_CEILING (4u << 20)

/* NOLINTNEXTLINE(misc-redundant-expression): that they are the same is what is asserted. */
_Static_assert(JOBD_ID_SIZE == UUID_TEXT_SIZE, "the header spells the size of an id anew");

static const char *copy(struct arena *arena, struct span text)
{
    return arena_strndup(arena, text.ptr, text.len);
}

/* What is absent is -1 on both sides. */
static void fill(const struct job *from, struct jobd_job *to)
{
    uuid_format(&from->id, to->id);
    uuid_format(&from->user, to->user);
    uuid_format(&from->created_by, to->created_by);
    uuid_format(&from->modified_by, to->modified_by);
    to->state = state_name(status_state(from->status));
    to->result = result_name(status_result(from->status));
    to->progress = from->progress;
    to->self_managed = from->self_managed;
    to->created_on = job_created_on(from);
    to->modified_on = from->modified_on;
    to->started_on = from->started_on;
    to->ended_on = from->ended_on;
}

bool job_read(struct arena *arena, const struct json_value *object, struct jobd_job *ret_job,
              struct err *err)
{
    struct jobd_job filled = {0};
    struct job job;
    if (!job_from_json(object, &job, err))
        return false;
    fill(&job, &filled);
    filled.name = copy(arena, job.name);
    filled.type = copy(arena, job.type);
    filled.message = job.message.len > 0 ? copy(arena, job.message) : NULL;
    struct span json = json_dump(arena, object);
    filled.json = json.ptr != NULL ? copy(arena, json) : NULL;
    if (filled.name == NULL || filled.type == NULL || filled.json == NULL ||
        (job.message.len > 0 && filled.message == NULL))
        return err_set(err, "no memory for a job");
    *ret_job = filled;
    return true;
}

struct jobd_job *job_new(const struct json_value *object, struct err *err)
{
    struct job_box *box = mem_alloc(1, sizeof(*box));
    if (box == NULL) {
        err_set(err, "no memory for a job");
        return NULL;
    }
    arena_init(&box->arena, ARENA_CEILING);
    if (job_read(&box->arena, object, &box->job, err))
        return &box->job;
    jobd_job_free(&box->job);
    return NULL;
}

void jobd_job_free(struct jobd_job *job)
{
    if (job == NULL)
        return;
    struct job_box *box = CONTAINER_OF(job, struct job_box, job);
    arena_release(&box->arena);
    mem_free(box);
}
