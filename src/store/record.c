/* Records: what each kind consists of, their order and their digests. */
#include "store/record.h"

#include <endian.h>
#include <inttypes.h>
#include <stdio.h>

/* Pages of what may be large are short, so that any fits into memory. */
#define PAGE 4096
#define PAGE_LARGE 256

const struct record_layout record_layouts[RECORD_KINDS] = {
    [RECORD_JOB] = {"job",
                    1,
                    PAGE,
                    20,
                    {{"position", RECORD_NUMBER},
                     {"id", RECORD_UUID},
                     {"status", RECORD_NUMBER},
                     {"self_managed", RECORD_FLAG},
                     {"priority", RECORD_NUMBER},
                     {"attempt", RECORD_NUMBER},
                     {"max_attempts", RECORD_NUMBER},
                     {"started_on", RECORD_NUMBER},
                     {"ended_on", RECORD_NUMBER},
                     {"run_after", RECORD_NUMBER},
                     {"person", RECORD_PERSON},
                     {"created_by", RECORD_PERSON},
                     {"type", RECORD_TYPE},
                     {"name", RECORD_TEXT},
                     [RECORD_JOB_FOLDED] = {"name_folded", RECORD_TEXT},
                     [RECORD_JOB_CHANGE] = {"change", RECORD_NUMBER},
                     {"modified_by", RECORD_PERSON},
                     {"modified_on", RECORD_NUMBER},
                     {"progress", RECORD_NUMBER},
                     {"message", RECORD_TEXT}}},
    [RECORD_LEASE] = {"lease",
                      1,
                      PAGE,
                      9,
                      {{"position", RECORD_NUMBER},
                       {"fence", RECORD_NUMBER},
                       {"held", RECORD_FLAG},
                       {"worker", RECORD_TEXT},
                       {"account", RECORD_PERSON},
                       {"lease_ms", RECORD_NUMBER},
                       {"expires_at", RECORD_NUMBER},
                       {"beat_on", RECORD_NUMBER},
                       {"progress_on", RECORD_NUMBER}}},
    [RECORD_PAYLOAD] =
        {"payload", 1, PAGE_LARGE, 2, {{"position", RECORD_NUMBER}, {"json", RECORD_TEXT}}},
    [RECORD_OUTPUT] = {"output",
                       2,
                       PAGE_LARGE,
                       3,
                       {{"position", RECORD_NUMBER},
                        {"begins", RECORD_NUMBER},
                        {"bytes", RECORD_BYTES}}},
    [RECORD_CLAIM_REQUEST] = {"claim_request",
                              3,
                              PAGE,
                              5,
                              {{"account", RECORD_UUID},
                               {"request", RECORD_TEXT},
                               {"position", RECORD_NUMBER},
                               {"fence", RECORD_NUMBER},
                               {"granted_at", RECORD_NUMBER}}},
    [RECORD_IDEMPOTENCY] = {"idempotency",
                            2,
                            PAGE,
                            7,
                            {{"account", RECORD_UUID},
                             {"key", RECORD_TEXT},
                             {"digest", RECORD_BYTES},
                             {"position", RECORD_NUMBER},
                             {"change", RECORD_NUMBER},
                             {"count", RECORD_NUMBER},
                             {"created_on", RECORD_NUMBER}}},
    [RECORD_ACCOUNT] = {"account",
                        1,
                        PAGE,
                        6,
                        {{"uuid", RECORD_UUID},
                         {"name", RECORD_TEXT},
                         {"role", RECORD_TEXT},
                         {"disabled", RECORD_FLAG},
                         {"hash", RECORD_TEXT},
                         {"created_on", RECORD_NUMBER}}},
    [RECORD_SESSION] = {"session",
                        1,
                        PAGE,
                        5,
                        {{"token", RECORD_BYTES},
                         {"account", RECORD_UUID},
                         {"proof", RECORD_BYTES},
                         {"created_on", RECORD_NUMBER},
                         {"expires_on", RECORD_NUMBER}}},
    [RECORD_ENDED] = {"ended",
                      3,
                      PAGE,
                      7,
                      {{"bucket_ms", RECORD_NUMBER},
                       {"at", RECORD_NUMBER},
                       {"type", RECORD_TYPE},
                       {"succeeded", RECORD_NUMBER},
                       {"failed", RECORD_NUMBER},
                       {"aborted", RECORD_NUMBER},
                       {"run_ms", RECORD_NUMBER}}},
    [RECORD_STORE] = {"store",
                      1,
                      1,
                      6,
                      {{"one", RECORD_NUMBER},
                       [RECORD_STORE_CURSOR_KEY] = {"cursor_key", RECORD_BYTES},
                       [RECORD_STORE_POSITION] = {"position", RECORD_NUMBER},
                       [RECORD_STORE_CHANGE] = {"change", RECORD_NUMBER},
                       [RECORD_STORE_ACCOUNTS_VERSION] = {"accounts_version", RECORD_NUMBER},
                       [RECORD_STORE_LEASE_TIME] = {"lease_time", RECORD_CLOCK}}},
};

bool record_is_number(enum record_type type)
{
    return type == RECORD_NUMBER || type == RECORD_FLAG || type == RECORD_CLOCK;
}

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_bytes(struct span a, struct span b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common > 0 ? memcmp(a.ptr, b.ptr, common) : 0;

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

int record_compare(enum record_kind kind, const struct record *a, const struct record *b)
{
    const struct record_layout *layout = &record_layouts[kind];
    int order = 0;

    for (size_t i = 0; i < layout->keys && order == 0; i++) {
        if (record_is_number(layout->columns[i].type))
            order = compare_numbers(a->values[i].number, b->values[i].number);
        else
            order = compare_bytes(a->values[i].bytes, b->values[i].bytes);
    }
    return order;
}

static void add_number(struct buf *room, int64_t number)
{
    uint64_t bits = htobe64((uint64_t)number);

    buf_add(room, &bits, sizeof(bits));
}

static void add_value(struct buf *room, enum record_type type, const struct record_value *value)
{
    buf_add_char(room, (char)value->present);
    if (!value->present)
        return;
    if (record_is_number(type)) {
        add_number(room, value->number);
        return;
    }
    add_number(room, (int64_t)value->bytes.len);
    buf_add_span(room, value->bytes);
}

bool record_digest(enum record_kind kind, const struct record *record, struct buf *room,
                   uint8_t ret_digest[static DIGEST_SIZE])
{
    const struct record_layout *layout = &record_layouts[kind];

    buf_clear(room);
    for (size_t i = 0; i < layout->count; i++) {
        if (layout->columns[i].type != RECORD_CLOCK)
            add_value(room, layout->columns[i].type, &record->values[i]);
    }
    if (buf_failed(room))
        return false;
    digest_pair(span_of(layout->name), buf_span(room), ret_digest);
    return true;
}

const char *record_describe(enum record_kind kind, const struct record *record,
                            char text[static RECORD_NAME_SIZE])
{
    const struct record_layout *layout = &record_layouts[kind];
    int len = snprintf(text, RECORD_NAME_SIZE, "%s", layout->name);

    for (size_t i = 0; i < layout->keys; i++) {
        if (record_is_number(layout->columns[i].type))
            len += snprintf(text + len, (size_t)(RECORD_NAME_SIZE - len), " %" PRId64,
                            record->values[i].number);
    }
    return text;
}
