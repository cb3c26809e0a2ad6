/* What a reader is told: what its query wants of the ring, of a page of the store, of stalls. */
#include "service/feed_emit.h"

#include "base/metrics.h"
#include "base/scope.h"
#include "base/text.h"
#include "model/job_json.h"

/* What a job that concerns the reader means to it; true: it has room for more. */
static bool emit_job(struct feed_reader *reader, const struct job *job, struct span json,
                     bool *ret_sent)
{
    struct feed_event event = {FEED_JOB, job->change, &job->id, json};
    if ((reader->query->statuses & (1u << job->status)) == 0)
        event = (struct feed_event){FEED_GONE, job->change, &job->id, {0}};
    if (event.kind == FEED_GONE && reader->whole && job->change <= reader->goal)
        return true;
    *ret_sent = true;
    metric_add(METRIC_FEED_EVENTS, 1);
    return reader->emit(reader->context, &event);
}

/* From the ring; true: it has room, and has got all there is. */
bool feed_emit_ring(const struct feed_ring *ring, struct feed_reader *reader, bool *ret_sent)
{
    const struct feed_entry *entry;
    while ((entry = feed_ring_next(ring, &reader->position)) != NULL) {
        if (query_concerns(reader->query, &entry->job, entry->folded) &&
            !emit_job(reader, &entry->job, entry->json, ret_sent))
            return false;
    }
    return true;
}

void feed_emit_mark(struct feed_reader *reader, enum feed_event_kind kind, bool *ret_sent)
{
    struct feed_event event = {.kind = kind, .position = reader->position};
    *ret_sent = true;
    reader->emit(reader->context, &event);
}

const struct stall *feed_next_stall(const struct stalls *stalls, struct feed_reader *reader)
{
    const struct stall *stall;
    while ((stall = stalls_next(stalls, reader->stalls_told)) != NULL &&
           stall->entry->job.change <= reader->position) {
        if (query_matches(reader->query, &stall->entry->job, stall->entry->folded))
            return stall;
        reader->stalls_told = stall->number;
    }
    return NULL;
}

bool feed_emit_stalls(const struct stalls *stalls, struct feed_reader *reader, bool *ret_sent)
{
    const struct stall *stall;
    bool room = true;
    while (room && (stall = feed_next_stall(stalls, reader)) != NULL) {
        struct feed_event event = {.kind = FEED_STALLED,
                                   .position = reader->position,
                                   .id = &stall->entry->job.id,
                                   .progress_on = stall->progress_on,
                                   .beat_on = stall->beat_on};
        reader->stalls_told = stall->number;
        *ret_sent = true;
        metric_add(METRIC_FEED_EVENTS, 1);
        room = reader->emit(reader->context, &event);
    }
    return room;
}

/* True: it has room for more. Without memory `text` has failed. */
static bool emit_page_job(struct feed_reader *reader, const struct job *job, struct buf *text,
                          bool *ret_sent)
{
    struct json_writer json = JSON_WRITER(text);
    struct span folded = {0};
    if (reader->query->has_name)
        folded = text_fold(&reader->arena, job->name);
    text->failed = reader->query->has_name && folded.ptr == NULL;
    if (text->failed || !query_concerns(reader->query, job, folded))
        return !text->failed;
    buf_clear(text);
    job_json(&json, job);
    return !buf_failed(text) && emit_job(reader, job, buf_span(text), ret_sent);
}

/* What the reader has no room for is read again: it may wait for long, and holds nothing. */
enum feed_outcome feed_emit_page(struct feed_reader *reader)
{
    AUTO(buf_release) struct buf text = BUF(FEED_PAGE_BYTES);
    const struct store_changes *page = &reader->page;
    bool sent = false, room = true;
    for (size_t i = 0; i < page->count && room; i++) {
        room = emit_page_job(reader, &page->jobs[i], &text, &sent);
        if (buf_failed(&text))
            return FEED_OVER;
        reader->position = page->jobs[i].change;
    }
    if (room && page->count < page->limit)
        reader->position = page->last;
    return sent ? FEED_SENT : FEED_WAITS;
}
