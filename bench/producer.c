/* A child of the benchmark: writes numbered lines of exactly 100 bytes as fast as a pipe takes them.
 *
 *   producer NAME DIR lines COUNT wait|exit    COUNT lines; then wait for DIR/end, or exit at once
 *   producer NAME DIR long BYTES wait|exit     BYTES times 'z' with no newline
 *
 * It reports "up NAME PID" and "done NAME" into the FIFO DIR/up. When there is a FIFO DIR/go, it begins
 * once the other end of it is closed; "wait" ends the same way by DIR/end. "exit" ignores TERM, INT and
 * HUP, so that a manager that stops all its children still receives every line.
 *
 * A line: <c00 0000000000 ~#~#...~#>\n
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE = 100, RING = 10000, CHUNK = 65536, HIGH_DIGITS = 6, HIGH_AT = 5 };

static char ring[RING * LINE];

static void put(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, bytes, length < CHUNK ? length : CHUNK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            exit(1);
        bytes += n;
        length -= (size_t)n;
    }
}

static int open_in(const char *dir, const char *name, int flags)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return open(path, flags | O_CLOEXEC);
}

/* Opened without waiting: a harness that is gone already then means an end of file, not a hang. */
static int open_gate(const char *dir, const char *name)
{
    int fd = open_in(dir, name, O_RDONLY | O_NONBLOCK);
    if (fd >= 0)
        fcntl(fd, F_SETFL, 0);
    return fd;
}

static void wait_for(int gate)
{
    char byte;
    if (gate < 0)
        return;
    while (read(gate, &byte, 1) < 0 && errno == EINTR)
        ;
    close(gate);
}

static void report(int up, const char *word, const char *name)
{
    char text[128];
    int n = snprintf(text, sizeof text, "%s %s %d\n", word, name, (int)getpid());
    if (up >= 0)
        put(up, text, (size_t)n);
}

static void fill_ring(const char *name, size_t lines)
{
    char line[LINE + 1], number[32];
    memset(line, '~', LINE);
    for (size_t i = 17; i < LINE; i += 2)
        line[i] = '#';
    snprintf(number, sizeof number, "<%.3s 0000000000 ", name);
    memcpy(line, number, 16);
    memcpy(line + LINE - 2, ">\n", 2);
    for (size_t i = 0; i < lines; i++) {
        memcpy(ring + i * LINE, line, LINE);
        snprintf(number, sizeof number, "%04zu", i);
        memcpy(ring + i * LINE + HIGH_AT + HIGH_DIGITS, number, 4);
    }
}

/* The low four digits stand in the ring for good; only the high six change from pass to pass. */
static void write_lines(const char *name, unsigned long long count)
{
    fill_ring(name, count < RING ? (size_t)count : RING);
    for (unsigned long long pass = 0; count > 0; pass++) {
        size_t lines = count < RING ? (size_t)count : RING;
        char high[24];
        snprintf(high, sizeof high, "%06llu", pass);
        for (size_t i = 0; i < lines; i++)
            memcpy(ring + i * LINE + HIGH_AT, high, HIGH_DIGITS);
        put(1, ring, lines * LINE);
        count -= lines;
    }
}

static void write_long(unsigned long long bytes)
{
    memset(ring, 'z', sizeof ring);
    while (bytes > 0) {
        size_t n = bytes < sizeof ring ? (size_t)bytes : sizeof ring;
        put(1, ring, n);
        bytes -= n;
    }
}

int main(int argc, char **argv)
{
    if (argc != 6)
        return 2;
    int leave = strcmp(argv[5], "exit") == 0;
    if (leave) {
        signal(SIGTERM, SIG_IGN);
        signal(SIGINT, SIG_IGN);
        signal(SIGHUP, SIG_IGN);
    }
    int go = open_gate(argv[2], "go"), end = open_gate(argv[2], "end");
    int up = open_in(argv[2], "up", O_WRONLY);
    report(up, "up", argv[1]);
    wait_for(go);
    unsigned long long size = strtoull(argv[4], NULL, 10);
    if (strcmp(argv[3], "long") == 0)
        write_long(size);
    else
        write_lines(argv[1], size);
    if (leave)
        return 0;
    report(up, "done", argv[1]);
    wait_for(end);
    return 0;
}
