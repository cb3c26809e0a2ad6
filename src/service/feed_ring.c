/* The feed's ring: slots in the order of changes, and a hash that finds what is superseded. */
#include "service/feed_ring.h"

#include "base/arena.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/text.h"
#include "model/job_json.h"

/* A Job whose texts are as long as they may be, each byte escaped, is far smaller. */
#define JOB_JSON_MAX (1u << 20)

static struct feed_slot *slot_at(const struct feed_ring *ring, size_t index)
{
    return &ring->slots[(ring->first + index) % FEED_RING_SLOTS];
}

static struct feed_entry **bucket_of(struct feed_ring *ring, int64_t position)
{
    uint64_t hash = (uint64_t)position * UINT64_C(0x9E3779B97F4A7C15);
    return &ring->buckets[(hash >> 32) % FEED_RING_BUCKETS];
}

bool feed_ring_init(struct feed_ring *ring)
{
    *ring = (struct feed_ring){.slots = mem_alloc(FEED_RING_SLOTS, sizeof(*ring->slots))};
    return ring->slots != NULL;
}

void feed_ring_release(struct feed_ring *ring)
{
    feed_ring_reset(ring, 0);
    mem_free(ring->slots);
}

/* Out of its bucket and its slot. */
static void drop_entry(struct feed_ring *ring, struct feed_entry *entry)
{
    struct feed_entry **at = bucket_of(ring, entry->job.position);
    while (*at != entry)
        at = &(*at)->next;
    *at = entry->next;
    ring->slots[entry->slot].entry = NULL;
    ring->bytes -= entry->bytes;
    feed_entry_free(entry);
}

static void drop_first(struct feed_ring *ring)
{
    struct feed_slot *slot = slot_at(ring, 0);
    if (slot->entry != NULL)
        drop_entry(ring, slot->entry);
    ring->low = slot->change;
    ring->first = (ring->first + 1) % FEED_RING_SLOTS;
    ring->count--;
}

void feed_ring_reset(struct feed_ring *ring, int64_t change)
{
    while (ring->count > 0)
        drop_first(ring);
    ring->low = ring->high = change;
}

static char *put(char *at, struct span text, struct span *ret_copy)
{
    *ret_copy = (struct span){at, text.len};
    if (text.len > 0)
        memcpy(at, text.ptr, text.len);
    return at + text.len;
}

/* All in one piece of memory, as there are thousands. */
static struct feed_entry *pack(const struct job *job, struct span folded, struct span json)
{
    size_t bytes =
        sizeof(struct feed_entry) + job->type.len + job->name.len + folded.len + json.len;
    struct feed_entry *entry = mem_alloc(1, bytes);
    if (entry == NULL)
        return NULL;
    *entry = (struct feed_entry){.job = *job, .bytes = bytes};
    entry->job.message = (struct span){0};
    char *at = put((char *)(entry + 1), job->type, &entry->job.type);
    at = put(at, job->name, &entry->job.name);
    at = put(at, folded, &entry->folded);
    put(at, json, &entry->json);
    return entry;
}

struct feed_entry *feed_entry_new(const struct job *job)
{
    AUTO(arena_release) struct arena scratch;
    AUTO(buf_release) struct buf text = BUF(JOB_JSON_MAX);
    struct json_writer json = JSON_WRITER(&text);
    arena_init(&scratch, JOB_JSON_MAX);
    struct span folded = text_fold(&scratch, job->name);
    job_json(&json, job);
    if (folded.ptr == NULL || buf_failed(&text))
        return NULL;
    return pack(job, folded, buf_span(&text));
}

void feed_entry_free(struct feed_entry *entry)
{
    mem_free(entry);
}

static void supersede(struct feed_ring *ring, int64_t position)
{
    struct feed_entry *at = *bucket_of(ring, position);
    while (at != NULL && at->job.position != position)
        at = at->next;
    if (at != NULL)
        drop_entry(ring, at);
}

void feed_ring_add(struct feed_ring *ring, struct feed_entry *entry)
{
    supersede(ring, entry->job.position);
    while (ring->count > 0 &&
           (ring->count == FEED_RING_SLOTS || ring->bytes + entry->bytes > FEED_RING_BYTES))
        drop_first(ring);
    struct feed_entry **bucket = bucket_of(ring, entry->job.position);
    struct feed_slot *slot = slot_at(ring, ring->count++);
    *slot = (struct feed_slot){entry->job.change, entry};
    entry->slot = (size_t)(slot - ring->slots);
    entry->next = *bucket;
    *bucket = entry;
    ring->bytes += entry->bytes;
    ring->high = entry->job.change;
}

/* How many slots there are up to the change. */
static size_t count_upto(const struct feed_ring *ring, int64_t change)
{
    size_t from = 0, to = ring->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (slot_at(ring, middle)->change <= change)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

const struct feed_entry *feed_ring_next(const struct feed_ring *ring, int64_t *at)
{
    for (size_t i = count_upto(ring, *at); i < ring->count; i++) {
        const struct feed_slot *slot = slot_at(ring, i);
        if (slot->entry == NULL)
            continue;
        *at = slot->change;
        return slot->entry;
    }
    if (*at < ring->high)
        *at = ring->high;
    return NULL;
}
