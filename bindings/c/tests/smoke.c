/* What a host does first: make a batch, try settings that cannot be used, read the table of codes. */
#include <stdio.h>
#include <string.h>

#include "redlatch.h"

static uint64_t number(const uint8_t *at) {
  uint64_t value = 0;
  for (int byte = 7; byte >= 0; byte--) value = value << 8 | at[byte];
  return value;
}

/* Whether the first record is of this kind and its body holds the text. */
static int holds(redlatch_bytes view, uint8_t kind, const char *text) {
  if (view.len < REDLATCH_HEADER + REDLATCH_RECORD) return 0;
  const uint8_t *record = view.data + REDLATCH_HEADER;
  size_t length = (size_t)number(record + 16), wanted = strlen(text);
  const uint8_t *body = record + REDLATCH_RECORD;
  for (size_t at = 0; record[0] == kind && at + wanted <= length; at++)
    if (memcmp(body + at, text, wanted) == 0) return 1;
  return 0;
}

int main(void) {
  redlatch_batch *batch = redlatch_batch_new();
  redlatch_client *client = NULL;

  const char *bad = "{\"tls\": false, \"ca_file\": \"/etc/ca.pem\"}";
  redlatch_bytes view =
      redlatch_client_new((const uint8_t *)bad, strlen(bad), false, batch, &client);
  if (client != NULL || !holds(view, REDLATCH_FAULT, "config.conflict")) return 1;

  const char *good = "{\"host\": \"127.0.0.1\", \"port\": 1}";
  view = redlatch_client_new((const uint8_t *)good, strlen(good), false, batch, &client);
  if (client == NULL) return 2;
  view = redlatch_client_connect(client, batch);
  uint64_t actions = number(view.data + 16);
  if (view.data[actions] != REDLATCH_DIAL) return 3;
  if (!holds(redlatch_client_status(client, batch), REDLATCH_TEXT, "\"connecting\"")) return 4;
  if (!holds(redlatch_codes(batch), REDLATCH_TEXT, "tls.untrusted")) return 5;
  if (!holds(redlatch_client_tick(NULL, batch), REDLATCH_FAULT, "client.misuse")) return 6;

  redlatch_client_free(client);
  redlatch_client_free(NULL);
  redlatch_batch_free(batch);
  puts("ok");
  return 0;
}
