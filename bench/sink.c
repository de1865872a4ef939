/* The reader of the benchmark: takes a manager's output on stdin and checks every line of it.
 *
 *   sink lines COUNT CHILDREN    lines of producer.c, COUNT from each of CHILDREN
 *   sink long BYTES 1            the one long line: counts its bytes only
 *
 * Words on stderr: "all" when everything expected has come, "idle" for each second without input, and
 * at the end of the input one line of JSON. Times are CLOCK_MONOTONIC in nanoseconds, taken when the
 * read returned that brought the first or the last of the expected bytes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { PAYLOAD = 99, NUMBER_AT = 5, DIGITS = 10, BODY_AT = 15, MAX_CHILDREN = 100 };
enum { SPACE = 1 << 20, READ = 1 << 18 };

typedef unsigned long long number;

static number ok, gaps, disorder, cut, merged, bare, foreign, other, first_ns, last_ns;
static volatile number bytes;
static number next_of[MAX_CHILDREN];
static char body[PAYLOAD - BODY_AT];
static char buffer[SPACE + READ];

static number now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (number)t.tv_sec * 1000000000ULL + (number)t.tv_nsec;
}

static void fill_body(void)
{
    for (size_t i = 0; i < sizeof body; i++)
        body[i] = i % 2 ? '~' : '#';
    body[0] = ' ';
    body[sizeof body - 1] = '>';
}

/* A terminal in between adds \r, a coloured prefix may be reset only after the text. */
static size_t without_trailer(const char *line, size_t length)
{
    while (length > 0 && line[length - 1] != '>') {
        if (line[length - 1] == '\r') {
            length--;
            continue;
        }
        if (line[length - 1] != 'm')
            break;
        const char *escape = memrchr(line, '\033', length);
        if (escape == NULL)
            break;
        length = (size_t)(escape - line);
    }
    return length;
}

static int digits(const char *text, int count, number *value)
{
    number sum = 0;
    for (int i = 0; i < count; i++) {
        unsigned digit = (unsigned)text[i] - '0';
        if (digit > 9)
            return 0;
        sum = sum * 10 + digit;
    }
    *value = sum;
    return 1;
}

static int is_payload(const char *text, number *child, number *sequence)
{
    return text[0] == '<' && text[1] == 'c' && digits(text + 2, 2, child) && text[4] == ' '
        && digits(text + NUMBER_AT, DIGITS, sequence) && memcmp(text + BODY_AT, body, sizeof body) == 0;
}

static void judge_prefix(const char *prefix, size_t length, const char *name)
{
    if (length == 0)
        bare++;
    else if (memchr(prefix, '<', length) != NULL)
        merged++;
    else if (memmem(prefix, length, name, 3) == NULL)
        foreign++;
}

static void judge_order(number child, number sequence)
{
    number expected = next_of[child];
    if (sequence < expected) {
        disorder++;
        return;
    }
    gaps += sequence - expected;
    ok++;
    next_of[child] = sequence + 1;
}

static int is_fragment(const char *line, size_t length)
{
    return memchr(line, '~', length) != NULL || memmem(line, length, "<c", 2) != NULL
        || (length > 0 && line[length - 1] == '>');
}

static int judge(const char *line, size_t length)
{
    number child, sequence;
    length = without_trailer(line, length);
    if (length >= PAYLOAD && is_payload(line + length - PAYLOAD, &child, &sequence)) {
        judge_prefix(line, length - PAYLOAD, line + length - PAYLOAD + 1);
        judge_order(child, sequence);
        return 1;
    }
    if (is_fragment(line, length))
        cut++;
    else
        other++;
    return 0;
}

/* Judges the whole lines of the buffer; answers how many bytes are left over, moved to its start. */
static size_t take_lines(size_t filled, number at)
{
    char *start = buffer, *stop = buffer + filled, *newline;
    int useful = 0;
    while ((newline = memchr(start, '\n', (size_t)(stop - start))) != NULL) {
        useful |= judge(start, (size_t)(newline - start));
        start = newline + 1;
    }
    size_t left = (size_t)(stop - start);
    if (left >= SPACE) {
        cut++;
        left = 0;
    }
    memmove(buffer, start, left);
    if (useful) {
        first_ns = first_ns ? first_ns : at;
        last_ns = at;
    }
    return left;
}

static size_t take_bytes(size_t filled, number at)
{
    number found = 0;
    for (size_t i = 0; i < filled; i++)
        found += buffer[i] == 'z';
    if (found > 0) {
        first_ns = first_ns ? first_ns : at;
        last_ns = at;
    }
    ok += found;
    return 0;
}

/* A poll before each read would cost the pipe more than the checking does. */
static void say_when_idle(int alarm_signal)
{
    static number seen_before = -1ULL;
    (void)alarm_signal;
    if (bytes == seen_before && write(2, "idle\n", 5) < 0)
        _exit(1);
    seen_before = bytes;
}

static void watch_the_clock(void)
{
    struct sigaction action = {.sa_handler = say_when_idle, .sa_flags = SA_RESTART};
    struct itimerval each_second = {{1, 0}, {1, 0}};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &each_second, NULL);
}

static ssize_t next_read(size_t filled)
{
    ssize_t n;
    while ((n = read(0, buffer + filled, READ)) < 0 && errno == EINTR)
        ;
    return n;
}

static void tell(number expected)
{
    number seen = ok + disorder;
    dprintf(2, "{\"ok\": %llu, \"lost\": %llu, \"gaps\": %llu, \"disorder\": %llu, \"cut\": %llu, ",
        ok, expected > seen ? expected - seen : 0, gaps, disorder, cut);
    dprintf(2, "\"merged\": %llu, \"bare\": %llu, \"foreign\": %llu, ", merged, bare, foreign);
    dprintf(2, "\"other\": %llu, \"bytes\": %llu, ", other, bytes);
    dprintf(2, "\"first_ns\": %llu, \"last_ns\": %llu}\n", first_ns, last_ns);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    int whole = strcmp(argv[1], "long") == 0, told = 0;
    number expected = strtoull(argv[2], NULL, 10) * strtoull(argv[3], NULL, 10);
    size_t filled = 0;
    ssize_t n;
    fill_body();
    watch_the_clock();
    while ((n = next_read(filled)) > 0) {
        number at = now();
        bytes += (number)n;
        filled = whole ? take_bytes((size_t)n, at) : take_lines(filled + (size_t)n, at);
        if (!told && ok + disorder >= expected) {
            dprintf(2, "all\n");
            told = 1;
        }
    }
    if (filled > 0 && !whole)
        judge(buffer, filled);
    tell(expected);
    return 0;
}
