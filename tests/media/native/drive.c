/* One program of all drivers: drive fuzz|threads|rings|planted WORDS. Planted faults show that the sanitizer is awake. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "driver.h"

static int shared;

static void *touch(void *arg) {
    for (int i = 0; i < 100000; i++) shared += arg != NULL;
    return NULL;
}

/* Each of these must end the program: over, undefined, leak under the first sanitizers, race under the other. */
static int planted_main(int argc, char **argv) {
    CHECK(argc == 2, argc);
    if (!strcmp(argv[1], "over")) { /* the plane's own code is told a byte too much */
        picture pic;
        uint8_t *payload = malloc(3);
        memcpy(payload, "\x90\x80\x80", 3);
        rtp_picture(VP8, payload, 4, &pic);
        free(payload);
    } else if (!strcmp(argv[1], "undefined")) {
        volatile int64_t most = INT64_MAX;
        most = since(most, -most);
    } else if (!strcmp(argv[1], "leak")) {
        void *volatile lost = malloc(77);
        memset(lost, 1, 77);
        lost = NULL;
    } else if (!strcmp(argv[1], "race")) {
        pthread_t one, other;
        pthread_create(&one, NULL, touch, argv);
        pthread_create(&other, NULL, touch, argv);
        pthread_join(one, NULL);
        pthread_join(other, NULL);
    }
    return 0;
}

int main(int argc, char **argv) {
    static const struct { const char *name; int (*go)(int, char **); } drivers[] = {
        {"fuzz", fuzz_main}, {"threads", threads_main}, {"rings", rings_main}, {"planted", planted_main}};
    for (size_t i = 0; argc > 1 && i < sizeof drivers / sizeof *drivers; i++)
        if (!strcmp(argv[1], drivers[i].name)) return drivers[i].go(argc - 1, argv + 1);
    fail("fuzz, threads, rings or planted", argc);
}
