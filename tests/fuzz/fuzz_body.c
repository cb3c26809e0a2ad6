/* Feeds JSON bodies to what reads them; the first byte says which: draft, report, delete, job. */
#include "fuzz.h"

#include "base/buf.h"
#include "model/body.h"
#include "model/draft.h"
#include "model/job_json.h"

static void read_draft(struct arena *arena, struct span text, struct err *err)
{
    struct draft draft = {0};
    struct json_value *object = body_parse(text, err);
    if (object != NULL && draft_read(arena, object, &draft, err) == PROBLEM_NONE) {
        MUST(draft.name.len > 0 && draft.type.len > 0);
        MUST(draft.payload.len <= DRAFT_PAYLOAD_MAX);
        MUST(draft.max_attempts >= 1 && draft.max_attempts <= DRAFT_ATTEMPTS_MAX);
    }
    json_free(object);
}

/* A job that was read is written as one that is read again. */
static void read_job(struct span text, struct err *err)
{
    struct buf out = BUF(FUZZ_ARENA);
    struct json_writer json = JSON_WRITER(&out);
    struct job job = {0}, again = {0};
    struct json_value *object = json_parse(text, err);
    if (object != NULL && job_from_json(object, &job, err)) {
        job_json(&json, &job);
        struct json_value *written = json_parse(buf_span(&out), err);
        MUST(written != NULL && job_from_json(written, &again, err));
        MUST(again.status == job.status && span_eq(again.name, job.name));
        json_free(written);
    }
    json_free(object);
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct err err = {0};
    struct job_event event = {0};
    struct span message;
    if (size == 0)
        return 0;
    struct span text = fuzz_span(data + 1, size - 1);
    arena_init(&arena, FUZZ_ARENA);
    if (data[0] == 'd')
        read_draft(&arena, text, &err);
    else if (data[0] == 'r')
        report_read(&arena, text, &event, &err);
    else if (data[0] == 'x')
        delete_message_read(&arena, false, (struct span){0}, text, &message, &err);
    else
        read_job(text, &err);
    arena_release(&arena);
    return 0;
}
