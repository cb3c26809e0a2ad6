/* Feeds JSON bodies to what reads them; the first byte says which. */
#include "fuzz.h"

#include "base/buf.h"
#include "model/body.h"
#include "model/claim.h"
#include "model/draft.h"
#include "model/job_json.h"
#include "model/lease_json.h"
#include "model/report.h"

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

static void check_claim(const struct claim *claim)
{
    MUST(claim->type_count >= 1 && claim->type_count <= CLAIM_TYPES_MAX);
    MUST(claim->max >= 1 && claim->max <= CLAIM_JOBS_MAX && claim->by.worker.len > 0);
    MUST(claim->by.lease_ms >= 1000 * LEASE_SECONDS_MIN);
}

static void read_claim(struct arena *arena, struct span text, struct err *err)
{
    struct claim claim = {0};
    if (claim_read(arena, text, &claim, err) == PROBLEM_NONE)
        check_claim(&claim);
}

static void read_report(struct arena *arena, struct span text, struct err *err)
{
    struct report report = {0};
    if (report_parse(arena, text, &report, err) != PROBLEM_NONE)
        return;
    MUST(report.delay_ms == 0 || report.event.kind == EVENT_RELEASE);
    MUST(report.event.kind != EVENT_RETRY || status_state(report.event.status) == STATE_FAILED);
    if (report.next != NULL) {
        MUST(report.event.kind != EVENT_PROGRESS && report.event.kind != EVENT_START);
        check_claim(report.next);
    }
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
    int64_t lease_ms;
    struct span message;
    if (size == 0)
        return 0;
    struct span text = fuzz_span(data + 1, size - 1);
    arena_init(&arena, FUZZ_ARENA);
    if (data[0] == 'd')
        read_draft(&arena, text, &err);
    else if (data[0] == 'r')
        read_report(&arena, text, &err);
    else if (data[0] == 'c')
        read_claim(&arena, text, &err);
    else if (data[0] == 'l')
        lease_read(text, &lease_ms, &err);
    else if (data[0] == 'x')
        delete_message_read(&arena, false, (struct span){0}, text, &message, &err);
    else
        read_job(text, &err);
    arena_release(&arena);
    return 0;
}
