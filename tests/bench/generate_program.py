#!/usr/bin/env python3
"""Writes a C program of a given number of source lines, to measure what linking its facts costs.

  tests/bench/generate_program.py LINES FOLDER [--modules-per-thread N]

One file a module: a queue under a lock with a condition, a table of callbacks, helpers without any lock, settings,
counters, a worker thread in every fourth module, and calls into the modules below it, which are layered like
subsystems. main() starts, feeds and stops them all. The same arguments give the same program, and nothing in it
races: a finding is a defect of the analysis. It is code of the usual shapes in the usual amounts, no more: it says
how cost grows with size, not how it grows with what real programs do oddly.
"""

import argparse
import os

HELPER = """
static long {m}_mix{k}(const struct {m} *self, long value, int rounds) {{
  long sum = value + {k};
  for (int i = 0; i < rounds; i++) {{
    switch ((sum + i) % 4) {{
      case 0:
        sum += self->limits[i % 8] * {k};
        break;
      case 1:
        sum ^= sum >> 3;
        break;
      case 2:
        if (sum > 100000) sum /= 7;
        break;
      default:
        sum -= i;
    }}
  }}
  return sum < 0 ? -sum : sum;
}}

static int {m}_check{k}(struct {m} *self, const struct {m}_item *item) {{
  if (item == NULL) return -1;
  if (item->size > self->limits[{k} % 8]) {{
    return {m}_mix{k}(self, item->size, 3) > 1000 ? 1 : 0;
  }}
  for (const char *at = item->name; *at; at++) {{
    if (*at == '/' && at[1] == '.') return 2;
  }}
  return (int)(item->key % {prime});
}}
"""

MODULE = """#include "all.h"

struct {m}_item {{
  long key;
  long size;
  char name[32];
  struct {m}_item *next;
}};

struct {m} {{
  pthread_mutex_t mu;
  pthread_cond_t ready;
  pthread_t worker;
  int running;
  int stopping;
  struct {m}_item *head;
  struct {m}_item *tail;
  long limits[8];
  long served;
  long refused;
  int (*checks[{helpers}])(struct {m} *self, const struct {m}_item *item);
}};

static struct {m} the_{m};
{helper_text}
static void {m}_put(struct {m} *self, struct {m}_item *item) {{
  pthread_mutex_lock(&self->mu);
  item->next = NULL;
  if (self->tail)
    self->tail->next = item;
  else
    self->head = item;
  self->tail = item;
  pthread_cond_signal(&self->ready);
  pthread_mutex_unlock(&self->mu);
}}

static struct {m}_item *{m}_take(struct {m} *self, int wait) {{
  pthread_mutex_lock(&self->mu);
  while (wait && self->head == NULL && !self->stopping) pthread_cond_wait(&self->ready, &self->mu);
  struct {m}_item *item = self->head;
  if (item) {{
    self->head = item->next;
    if (self->head == NULL) self->tail = NULL;
  }}
  pthread_mutex_unlock(&self->mu);
  return item;
}}

static void {m}_count(struct {m} *self, int refused) {{
  pthread_mutex_lock(&self->mu);
  if (refused)
    self->refused++;
  else
    self->served++;
  pthread_mutex_unlock(&self->mu);
}}

static int {m}_serve(struct {m} *self, struct {m}_item *item) {{
  int refused = 0;
  for (int i = 0; i < {helpers}; i++) {{
    if (self->checks[i](self, item) > 1) refused = 1;
  }}
  {m}_count(self, refused);
  if (!refused) {{
{calls}
  }}
  free(item);
  return refused;
}}

int {m}_submit(long key, const char *name) {{
  struct {m}_item *item = malloc(sizeof *item);
  if (item == NULL) return -1;
  item->key = key;
  item->size = (long)strlen(name);
  snprintf(item->name, sizeof item->name, "%s/%ld", name, key);
{submit}
  return 0;
}}

long {m}_served(void) {{
  pthread_mutex_lock(&the_{m}.mu);
  long served = the_{m}.served;
  pthread_mutex_unlock(&the_{m}.mu);
  return served;
}}

static void *{m}_work(void *arg) {{
  struct {m} *self = arg;
  struct {m}_item *item;
  while ((item = {m}_take(self, 1)) != NULL) {m}_serve(self, item);
  return NULL;
}}

int {m}_start(void) {{
  struct {m} *self = &the_{m};
  pthread_mutex_init(&self->mu, NULL);
  pthread_cond_init(&self->ready, NULL);
  for (int i = 0; i < 8; i++) self->limits[i] = i * {prime};
{tables}
{start}
  return 0;
}}

void {m}_stop(void) {{
  struct {m} *self = &the_{m};
{stop}
  struct {m}_item *item;
  while ((item = {m}_take(self, 0)) != NULL) free(item);
  pthread_cond_destroy(&self->ready);
  pthread_mutex_destroy(&self->mu);
}}
"""

START = """  if (pthread_create(&self->worker, NULL, {m}_work, self) != 0) return -1;
  self->running = 1;"""
STOP = """  if (self->running) {{
    pthread_mutex_lock(&self->mu);
    self->stopping = 1;
    pthread_cond_broadcast(&self->ready);
    pthread_mutex_unlock(&self->mu);
    pthread_join(self->worker, NULL);
    self->running = 0;
  }}"""

HELPERS = 10


def module(number, threads_every):
    name = f"m{number}"
    threaded = number % threads_every == 0
    below = sorted({number // 2, number // 3, number - 8} - {number})
    text = MODULE.format(
        m=name, helpers=HELPERS, prime=7 + number % 89,
        helper_text="".join(HELPER.format(m=name, k=k, prime=11 + k) for k in range(HELPERS)),
        calls="\n".join(f"    m{b}_submit(item->key + {i}, item->name);" for i, b in enumerate(below) if 0 <= b < number)
        or "    (void)self;",
        submit=f"  {name}_put(&the_{name}, item);" if threaded else f"  {name}_serve(&the_{name}, item);",
        tables="\n".join(f"  self->checks[{k}] = {name}_check{k};" for k in range(HELPERS)),
        start=START.format(m=name) if threaded else f"  (void){name}_work;\n  (void){name}_put;",
        stop=STOP.format(m=name) if threaded else "")
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lines", type=int)
    parser.add_argument("folder")
    parser.add_argument("--modules-per-thread", type=int, default=4)
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    written = count = 0
    names = []
    while written < options.lines:
        text = module(count, options.modules_per_thread)
        names.append(f"m{count}")
        with open(os.path.join(options.folder, f"m{count}.c"), "w", encoding="utf-8") as file:
            file.write(text)
        written += text.count("\n")
        count += 1
    with open(os.path.join(options.folder, "all.h"), "w", encoding="utf-8") as file:
        file.write("#pragma once\n#include <pthread.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n")
        for name in names:
            file.write(f"int {name}_submit(long key, const char *name);\nlong {name}_served(void);\n"
                       f"int {name}_start(void);\nvoid {name}_stop(void);\n")
    with open(os.path.join(options.folder, "main.c"), "w", encoding="utf-8") as file:
        file.write('#include "all.h"\n\nint main(int argc, char **argv) {\n  long sum = 0;\n')
        file.writelines(f"  if ({name}_start() != 0) return 1;\n" for name in names)
        file.write("  for (int i = 0; i < argc * 100; i++) {\n")
        file.writelines(f"    {name}_submit(i, argv[0]);\n" for name in names[-50:])
        file.write("  }\n")
        file.writelines(f"  sum += {name}_served();\n" for name in names)
        file.writelines(f"  {name}_stop();\n" for name in reversed(names))
        file.write('  printf("%ld\\n", sum);\n  return 0;\n}\n')
    print(f"{written} lines in {count + 1} files")


if __name__ == "__main__":
    main()
