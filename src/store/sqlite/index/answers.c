/* Answers: a table without chains, emptied slot by slot. */
#include "store/sqlite/index/answers.h"

#include "base/mem.h"

#include <string.h>

struct answer_key answer_key_with(struct answer_key key, const int64_t *numbers, size_t count)
{
    struct answer_key with;

    digest_pair((struct span){(const char *)key.digest, sizeof(key.digest)},
                (struct span){(const char *)numbers, count * sizeof(*numbers)}, with.digest);
    return with;
}

static bool is_of(const struct answer *answer, const struct answer_key *key)
{
    return memcmp(&answer->key, key, sizeof(*key)) == 0;
}

static struct answer **slot_of(struct answers *answers, const struct answer_key *key)
{
    uint64_t number;

    memcpy(&number, key->digest, sizeof(number));
    return &answers->slots[number % ANSWER_SLOTS];
}

void answer_drop(struct answer *answer)
{
    if (answer == NULL || --answer->holders > 0)
        return;
    if (answer->jobs != NULL)
        roaring_bitmap_free(answer->jobs);
    mem_free(answer);
}

static void empty(struct answers *answers, struct answer **slot)
{
    if (*slot != NULL)
        answers->bytes -= (*slot)->bytes;
    answer_drop(*slot);
    *slot = NULL;
}

void answers_release(struct answers *answers)
{
    for (size_t i = 0; i < ANSWER_SLOTS; i++)
        empty(answers, &answers->slots[i]);
}

struct answer *answers_find(struct answers *answers, const struct answer_key *key)
{
    struct answer *answer = *slot_of(answers, key);

    if (answer == NULL || !is_of(answer, key))
        return NULL;
    answer->holders++;
    return answer;
}

/* Bitmaps that were made smaller keep the room they had. */
static size_t shrink(roaring_bitmap_t *jobs)
{
    if (jobs == NULL)
        return 0;
    roaring_bitmap_shrink_to_fit(jobs);
    return roaring_bitmap_portable_size_in_bytes(jobs);
}

static void keep(struct answers *answers, struct answer *answer)
{
    struct answer **slot = slot_of(answers, &answer->key);

    empty(answers, slot);
    *slot = answer;
    answer->holders++;
    answers->bytes += answer->bytes;
    while (answers->bytes > ANSWERS_BYTES) {
        struct answer **oldest = &answers->slots[answers->next++ % ANSWER_SLOTS];
        if (oldest != slot)
            empty(answers, oldest);
    }
}

struct answer *answers_keep(struct answers *answers, const struct answer_key *key,
                            roaring_bitmap_t *jobs)
{
    struct answer *answer = mem_alloc(1, sizeof(*answer));

    if (answer == NULL) {
        if (jobs != NULL)
            roaring_bitmap_free(jobs);
        return NULL;
    }
    *answer = (struct answer){
        .jobs = jobs, .key = *key, .bytes = sizeof(*answer) + shrink(jobs), .holders = 1};
    if (answer->bytes <= ANSWERS_BYTES / 2)
        keep(answers, answer);
    return answer;
}
