/* Index terms: of names grams, of types and persons words, of statuses sets. */
#include "store/sqlite/find/index_terms.h"

#include "store/sqlite/index/name_index.h"
#include "store/sqlite/index/posting.h"

/* How many are thought to have a word that was not looked at yet. */
#define SHARE_UNKNOWN 0.02

static void want(struct index_terms *terms, uint32_t word)
{
    terms->wanted[terms->wanted_count++] =
        (struct index_wanted){word, SHARE_UNKNOWN, INDEX_TERMS_UNKNOWN};
}

static void want_scope(struct index_terms *terms, const struct scope *scope)
{
    if (scope->person != 0)
        want(terms, posting_person(scope->person));
    if (scope->type_count == 1)
        want(terms, posting_type(scope->types[0]));
    if (scope->type_count <= 1)
        return;
    terms->type_count = scope->type_count;
    for (size_t i = 0; i < scope->type_count; i++)
        terms->types[i] = posting_type(scope->types[i]);
}

/* A whole name has a word of its own. */
static bool want_name(struct index_terms *terms, const struct query *query)
{
    int64_t grams[NAME_GRAMS_ASKED];
    size_t count;

    if (query->match == MATCH_EXACT) {
        if (!name_grams_ask_word(NAME_WORD_WHOLE, query->name, grams))
            return false;
        want(terms, posting_name(grams[0]));
        return true;
    }
    count = name_grams_ask(query, NAME_INDEX_GRAM, grams);
    for (size_t i = 0; i < count; i++)
        want(terms, (uint32_t)grams[i]);
    return count > 0;
}

static struct answer_key key_of(const struct index_terms *terms)
{
    int64_t numbers[NAME_GRAMS_ASKED + 3 + QUERY_TYPES_MAX];
    size_t count = 0;

    for (size_t i = 0; i < terms->wanted_count; i++)
        numbers[count++] = terms->wanted[i].word;
    numbers[count++] = -1; /* no word: what follows is one of several */
    for (size_t i = 0; i < terms->type_count; i++)
        numbers[count++] = terms->types[i];
    return answer_key_with((struct answer_key){{0}}, numbers, count);
}

bool index_terms_init(struct search *search, const struct scope *scope,
                      struct index_terms *ret_terms)
{
    *ret_terms =
        (struct index_terms){.types_left = INDEX_TERMS_UNKNOWN, .sets_left = INDEX_TERMS_UNKNOWN};
    if (search->by_name && !want_name(ret_terms, search->query))
        return false;
    if (scope != NULL)
        want_scope(ret_terms, scope);
    if (scope != NULL && scope->statuses != STATUS_MASK_ALL)
        ret_terms->sets = scope->statuses;
    ret_terms->key = key_of(ret_terms);
    return true;
}

/* There are never many. */
void index_terms_order(struct index_terms *terms)
{
    for (size_t i = 1; i < terms->wanted_count; i++) {
        for (size_t j = i; j > 0 && terms->wanted[j].share < terms->wanted[j - 1].share; j--) {
            struct index_wanted one = terms->wanted[j];
            terms->wanted[j] = terms->wanted[j - 1];
            terms->wanted[j - 1] = one;
        }
    }
}
