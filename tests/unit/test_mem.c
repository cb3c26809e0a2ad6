/* Tests of heap memory. */
#include "base/mem.h"

#include "model_test.h"

#include <sys/wait.h>
#include <unistd.h>

static void memory_is_zeroed(void **test)
{
    (void)test;
    AUTO(mem_free_at) unsigned char *bytes = mem_alloc(1000, 3);
    assert_non_null(bytes);
    for (size_t i = 0; i < 3000; i++)
        assert_int_equal(bytes[i], 0);
}

static void a_product_too_large_is_refused(void **test)
{
    volatile size_t half = SIZE_MAX / 2;
    (void)test;
    assert_null(mem_alloc(half + 1, 2));
    assert_null(mem_alloc(half, 3));
    assert_null(mem_alloc(SIZE_MAX, half));
}

static void resizing_keeps_the_bytes(void **test)
{
    (void)test;
    char *text = mem_strdup("one");
    text = mem_resize(text, 100000);
    assert_string_equal(text, "one");
    text = mem_resize(text, 4);
    assert_string_equal(text, "one");
    /* Resizing to nothing is no free: the result is ours to free. */
    text = mem_resize(text, 0);
    assert_non_null(text);
    mem_free(text);
    mem_free(NULL);
}

static void growing_keeps_the_elements(void **test)
{
    int *numbers = NULL, *before;
    size_t room = 0;

    (void)test;
    for (size_t i = 0; i < 1000; i++) {
        before = numbers;
        numbers = mem_grow(numbers, &room, i + 1, sizeof(*numbers));
        assert_non_null(numbers);
        assert_true(room > i && room <= 2 * i + 16);
        if (i > 0 && (i & (i - 1)) != 0)
            assert_ptr_equal(numbers, before); /* there was room */
        numbers[i] = (int)i;
    }
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(numbers[i], i);
    numbers = mem_grow(numbers, &room, 100000, sizeof(*numbers));
    assert_non_null(numbers);
    assert_true(room >= 100000);
    numbers[room - 1] = 0;
    assert_int_equal(numbers[999], 999);
    mem_free(numbers);
}

static void what_cannot_grow_stays(void **test)
{
    static const struct {
        size_t need, size;
    } refused[] = {{SIZE_MAX, 1}, {SIZE_MAX / 2 + 2, 1}, {SIZE_MAX / 2, 4}};
    size_t room = 0;
    char *text = mem_grow(NULL, &room, 4, 1);

    (void)test;
    assert_non_null(text);
    memcpy(text, "one", 4);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        size_t before = room;
        assert_null(mem_grow(text, &room, refused[i].need, refused[i].size));
        assert_true(room == before);
        assert_string_equal(text, "one");
    }
    mem_free(text);
}

static void need_returns_what_is_there(void **test)
{
    (void)test;
    int object;
    assert_ptr_equal(mem_need(&object), &object);
}

/* What mem_need(NULL) says, and the status it ends the process with. */
static int dying_words(char *ret_text, size_t size)
{
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        void *memory = mem_need(NULL);
        _exit(memory == NULL ? 98 : 99);
    }
    close(ends[1]);
    ssize_t len = read(ends[0], ret_text, size - 1);
    assert_true(len >= 0);
    ret_text[len] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void need_ends_the_process_without_memory(void **test)
{
    char words[200];
    (void)test;
    assert_int_equal(dying_words(words, sizeof(words)), 1);
    assert_string_equal(words, "jobd: out of memory\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed),
        cmocka_unit_test(a_product_too_large_is_refused),
        cmocka_unit_test(resizing_keeps_the_bytes),
        cmocka_unit_test(growing_keeps_the_elements),
        cmocka_unit_test(what_cannot_grow_stays),
        cmocka_unit_test(need_returns_what_is_there),
        cmocka_unit_test(need_ends_the_process_without_memory),
    };
    return cmocka_run_group_tests_name("mem", tests, NULL, NULL);
}
