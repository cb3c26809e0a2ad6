/* Text rules: what a text in a request may hold, and the sentence for one that breaks it. */
#include "model/text_rule.h"

static const char *controls_sentence(enum text_controls controls)
{
    switch (controls) {
    case TEXT_NO_CONTROLS:
        return "control characters";
    case TEXT_TAB_AND_NEWLINE:
        return "control characters other than tab and newline";
    case TEXT_ANY:
        break;
    }
    return "such characters";
}

static bool wrong_length(const struct text_rule *rule, struct err *err)
{
    if (rule->min == 0)
        return err_set(err, "The %s must have at most %zu characters.", rule->what, rule->max);
    return err_set(err, "The %s must have %zu to %zu characters.", rule->what, rule->min,
                   rule->max);
}

bool text_rule_check(const struct text_rule *rule, struct span text, struct err *err)
{
    size_t points;
    if (!text_check(text, TEXT_ANY, &points))
        return err_set(err, "The %s must be valid UTF-8.", rule->what);
    if (points < rule->min || points > rule->max)
        return wrong_length(rule, err);
    if (!text_check(text, rule->controls, NULL))
        return err_set(err, "The %s must not hold %s.", rule->what,
                       controls_sentence(rule->controls));
    return true;
}
