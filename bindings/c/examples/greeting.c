/* Stores a greeting over TLS and reads it back, shows an error with what to do about it, and what
 * protects the connection. Usage: greeting URL-OR-JSON-SETTINGS; without, the environment says. */
#include <stdio.h>

#include "redlatch.h"

/* Prints why something failed, and frees it. */
static int failed(const char *what, redlatch_error *error) {
  fprintf(stderr, "%s: %s: %s\n  %s\n", what, redlatch_error_code(error),
          redlatch_error_message(error), redlatch_error_remedy(error));
  redlatch_error_free(error);
  return 1;
}

static int greet(redlatch *redis) {
  const char *set[] = {"SET", "greeting", "hello", "EX", "60"};
  redlatch_error *error = redlatch_call(redis, 5, set, NULL, 0, NULL);
  if (error != NULL) return failed("SET", error);

  const char *get[] = {"GET", "greeting"};
  redlatch_value *reply;
  error = redlatch_call(redis, 2, get, NULL, 0, &reply);
  if (error != NULL) return failed("GET", error);
  const char *text = redlatch_value_text(reply, NULL);
  printf("greeting: %s\n", text != NULL ? text : "(nil)");
  redlatch_value_free(reply);
  return 0;
}

/* Keys and values may hold any bytes; commands of a pipeline leave together. */
static int count_visits(redlatch *redis) {
  const char *incr[] = {"INCR", "visits\0today"};
  const size_t lengths[] = {4, 12};
  const char *wrong[] = {"LPUSH", "greeting", "x"};
  redlatch_pipeline *pipeline = redlatch_pipeline_new();
  redlatch_error *error = redlatch_pipeline_add(pipeline, 2, incr, lengths);
  if (error == NULL) error = redlatch_pipeline_add(pipeline, 3, wrong, NULL);
  redlatch_value *replies = NULL;
  if (error == NULL) error = redlatch_pipeline_call(redis, pipeline, 2000, &replies);
  redlatch_pipeline_free(pipeline);
  if (error != NULL) return failed("pipeline", error);

  printf("visits: %lld\n", (long long)redlatch_value_integer(redlatch_value_element(replies, 0)));
  const redlatch_error *refused = redlatch_value_error(redlatch_value_element(replies, 1));
  printf("refused: %s: %s\n  %s\n", redlatch_error_code(refused), redlatch_error_message(refused),
         redlatch_error_remedy(refused));
  redlatch_value_free(replies);
  return refused == NULL;
}

static int show_status(redlatch *redis) {
  redlatch_value *status;
  redlatch_error *error = redlatch_status(redis, &status);
  if (error != NULL) return failed("status", error);
  printf("status: %s\n", redlatch_value_text(status, NULL));
  redlatch_value_free(status);
  return 0;
}

int main(int argc, char **argv) {
  redlatch *redis;
  redlatch_error *error =
      argc > 1 ? redlatch_open(argv[1], &redis) : redlatch_open_from_env(NULL, &redis);
  if (error != NULL) return failed("open", error);
  int outcome = greet(redis) || count_visits(redis) || show_status(redis);
  redlatch_close(redis);
  return outcome;
}
