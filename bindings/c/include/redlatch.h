/* redlatch: secure Redis and Valkey connections whose trust rotates under live traffic.
 * Generated from bindings/c/src by its header test; do not edit.
 *
 * The C interface, in two parts.
 *
 * For programs: a blocking client with sockets of its own. `redlatch_open` gives it,
 * `redlatch_call` runs a command, `redlatch_status` tells how it is, `redlatch_close` takes it back;
 * functions of a `redlatch_value` and a `redlatch_error` read what came.
 *
 * For languages with an event loop of their own, such as Go: the driver contract. The host moves the
 * bytes.
 *
 * host ── redlatch_client_submit, _dialed, _received, … ──▶ client
 *      ◀──── one batch: replies, failures, events, actions ──┘
 *
 * # Conventions
 *
 * - Ownership. `_new` gives, `_free` takes, and so do `_open` and `_close`; to free NULL is fine.
 *   All else is borrowed for the duration of the call. Outputs are written only on success.
 * - Panics. Every body runs inside one guard: a panic is `internal.panic`.
 * - Failures of the blocking client. A call that may fail returns an error, or NULL for success.
 * - Failures of the driver contract. There is no error code to check: a call that was refused
 *   returns a batch that holds one `FAULT` record with the error.
 * - Batches. Each call of the driver contract takes a batch, empties it, and fills it with
 *   everything that came out. What it returns is a view of the batch, valid until the batch is used
 *   again or freed. Clients and batches are independent: a host keeps one batch for each thread that
 *   makes calls.
 * - Threads. A client may be used from any thread. Calls of the driver contract take turns and
 *   never wait for the network; calls of the blocking client run side by side. A batch may be used
 *   by one thread at a time. There are no callbacks.
 * - Waits. A host that blocks until bytes come does well to look for them for a moment first:
 *   `redlatch_busy_poll_new` and `redlatch_busy_poll_waited` tell for how long.
 *
 * # Layout
 *
 * All numbers are little-endian. A view is a header of `REDLATCH_HEADER` bytes:
 * `now u64, deadline u64, actions u64, admission u32, more u32`. Times are in nanoseconds on one
 * monotonic clock; `deadline` is `UINT64_MAX` if no tick is due. `admission` answers a submit:
 * 0 go on, 1 commands are waiting, 2 some were refused. `more` is 1 if there is more to do once
 * the actions are done: call `redlatch_client_more`. Records follow: outcomes first, and from
 * offset `actions` on what the host has to do, in that order.
 *
 * A record is a header of `REDLATCH_RECORD` bytes, then its body:
 * `kind u8, flags u8, code u16, extra u32, id u64, length u64`.
 *
 * A reply is a list of tokens, depth first: `kind u8, number u64`, then the text if there is one.
 * The kind is the type byte of RESP. The number is the length of the text for `+ $ = (`; the
 * length in its low half and the code of the error in its high half for `-`; the value for `: #`;
 * the bits of the value for `,`; the count of elements for `* ~ >` and of pairs for `%`. A long
 * text of kind `$` lies elsewhere: its kind is `&`, and its address, `u64`, follows instead of it. It
 * lives as long as the view.
 */

#ifndef REDLATCH_H
#define REDLATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Bytes of the header of a view.
 */
#define REDLATCH_HEADER 32

/**
 * Bytes of the header of a record.
 */
#define REDLATCH_RECORD 24

/**
 * Outcome: a reply to the command with ticket `id`. The body holds tokens.
 */
#define REDLATCH_REPLY 1

/**
 * Outcome: the command with ticket `id` gets no reply. The body is the error as JSON; an empty one
 * means the error of the failure before.
 */
#define REDLATCH_FAILURE 2

/**
 * Outcome: an event, as JSON.
 */
#define REDLATCH_EVENT 3

/**
 * Outcome: the call was refused, or failed inside. The body is the error as JSON.
 */
#define REDLATCH_FAULT 4

/**
 * Outcome: the text that was asked for.
 */
#define REDLATCH_TEXT 5

/**
 * Action: connect to the host in the body and name the connection `id`. `code` is the port, `extra`
 * the attempt, counted from 0; the body starts with the longest wait in milliseconds, `u64`.
 */
#define REDLATCH_DIAL 6

/**
 * Action: connect to the Unix socket in the body; all else as for `DIAL`.
 */
#define REDLATCH_DIAL_UNIX 7

/**
 * Action: send bytes on connection `id`. The body is their address and their number, `u64` each;
 * they live as long as the view.
 */
#define REDLATCH_WRITE 8

/**
 * Action: end connection `id`, or the attempt to make it. Flag 1: first send what was taken.
 */
#define REDLATCH_HANGUP 9

/**
 * Action: get content of the material in `code` from whoever provides it, and answer question `id`
 * by `redlatch_client_supply`. The same material is not asked for again before.
 */
#define REDLATCH_NEED 10

/**
 * Outcome: lane `id` was opened.
 */
#define REDLATCH_LANE 11

/**
 * Outcome: a message to the subscriptions of lane `id`, or that one began or ended. The body holds
 * tokens.
 */
#define REDLATCH_PUSH 12

/**
 * Outcome: the wire of lane `id` is up.
 */
#define REDLATCH_OPENED 13

/**
 * Outcome: bytes came in on the wire of lane `id`. The body holds them.
 */
#define REDLATCH_BYTES 14

/**
 * Outcome: the wire of lane `id` has ended, or could not be made. The body is the error as JSON.
 */
#define REDLATCH_ENDED 15

/**
 * Outcome: a long reply is cut off. At least `extra` bytes are still to come on connection `id` before
 * there is anything to be told, and the host need not wake for fewer. If the reply is one string that
 * somebody waits for, the body is the address of what has come of it, of how many bytes, how many it has
 * as a whole, and its ticket, `u64` each: it is the next reply with this ticket, if there is one. The
 * bytes can be read until the next call with this client.
 */
#define REDLATCH_AWAITS 16

/**
 * Material: the trusted CAs. Content: one or more bundles, in any text form.
 */
#define REDLATCH_TRUST 1

/**
 * Material: the client's certificate. Content: its chain, its key, and what opens the key, if
 * anything.
 */
#define REDLATCH_IDENTITY 2

/**
 * Material: username and secret. Content: the secret alone, or a JSON object with `username`,
 * `password`, and `expires_in` (seconds) or `expires_at` (since the Unix epoch).
 */
#define REDLATCH_CREDENTIALS 3

/**
 * Material: certificate revocation lists.
 */
#define REDLATCH_CRL 4

/**
 * Purpose: one caller holds the connection, who may WATCH. Give it back by
 * `redlatch_lane_take_back`.
 */
#define REDLATCH_HELD 1

/**
 * Purpose: subscriptions, and nothing else. Messages come as `PUSH`.
 */
#define REDLATCH_LISTENING 2

/**
 * Purpose: bytes of the host's own over TLS, once the login is done.
 */
#define REDLATCH_WIRE 3

/**
 * Purpose: bytes of the host's own over TLS, from the start: the host logs in.
 */
#define REDLATCH_BARE_WIRE 4

/**
 * Whether, and when, to try again what failed.
 */
typedef enum {
  /**
   * It will fail again until something is changed.
   */
  REDLATCH_RETRY_NEVER,
  /**
   * At once: on another connection it may succeed.
   */
  REDLATCH_RETRY_RECONNECT,
  /**
   * After a pause that grows.
   */
  REDLATCH_RETRY_BACKOFF,
  /**
   * Once the trusted CAs, the certificate or the secret was replaced.
   */
  REDLATCH_RETRY_AFTER_ROTATION,
} redlatch_retry;

/**
 * What a value is. Later versions may know more kinds.
 */
typedef enum {
  /**
   * No value.
   */
  REDLATCH_KIND_NIL,
  /**
   * A status such as `OK`: text.
   */
  REDLATCH_KIND_STATUS,
  /**
   * A string: text.
   */
  REDLATCH_KIND_STRING,
  /**
   * An integer.
   */
  REDLATCH_KIND_INTEGER,
  /**
   * A floating point number.
   */
  REDLATCH_KIND_DOUBLE,
  /**
   * A truth value; its integer is 0 or 1.
   */
  REDLATCH_KIND_BOOL,
  /**
   * An integer of any size, as text: an optional sign and digits.
   */
  REDLATCH_KIND_BIG_NUMBER,
  /**
   * A list: elements.
   */
  REDLATCH_KIND_ARRAY,
  /**
   * Keys and values, in the server's order.
   */
  REDLATCH_KIND_MAP,
  /**
   * A set, in the server's order: elements.
   */
  REDLATCH_KIND_SET,
  /**
   * A message; its first element says what it is about.
   */
  REDLATCH_KIND_PUSH,
  /**
   * An error, among the replies of a pipeline or within a list; its text is the server's.
   */
  REDLATCH_KIND_ERROR,
} redlatch_kind;

/**
 * Holds what came out of a call. Use one for each thread that makes calls.
 */
typedef struct redlatch_batch redlatch_batch;

/**
 * An examination to be made.
 */
typedef struct redlatch_doctor redlatch_doctor;

/**
 * Why a call failed: a code to react to, and texts for people.
 */
typedef struct redlatch_error redlatch_error;

/**
 * One client, shared by all callers of the host.
 */
typedef struct redlatch_client redlatch_client;

/**
 * Commands to be sent together.
 */
typedef struct redlatch_pipeline redlatch_pipeline;

/**
 * One server, and as many connections to it as threads are busy with it at once.
 */
typedef struct redlatch redlatch;

/**
 * A reply, or a part of one.
 */
typedef struct redlatch_value redlatch_value;

/**
 * What was learnt of the waits of one connection.
 */
typedef struct {
  /**
   * For how long to look for bytes, in nanoseconds, before the host sleeps for them. To sleep and be
   * woken takes longer than a server nearby takes to answer.
   */
  uint64_t patience;
  /**
   * Nobody else's business.
   */
  uint64_t state;
} redlatch_busy_poll;

/**
 * Borrowed bytes.
 */
typedef struct {
  /**
   * First byte.
   */
  const uint8_t *data;
  /**
   * Number of bytes.
   */
  size_t len;
} redlatch_bytes;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * A batch to make calls with.
 *
 * Ownership: to be freed by `redlatch_batch_free`. NULL: never returned. Threads: any. Errors: none.
 */
redlatch_batch *redlatch_batch_new(void);

/**
 * Frees a batch and all views of it. NULL is fine.
 *
 * Ownership: takes the batch; call it once. NULL: fine. Threads: any that may use the batch.
 * Errors: none.
 */
void redlatch_batch_free(redlatch_batch *batch);

/**
 * Opens a client of the server that `settings` name: a URL such as
 * `rediss://10.0.0.3:6378?ca_file=/etc/redis-tls/ca.pem`, or one JSON object of settings by their
 * names in the table.
 *
 * Nothing is connected, and no file is read, before the first call. One client serves a whole
 * program: its calls share what was read of files, and TLS sessions. Nothing outlives it.
 *
 * Ownership: on success `*out` is the client, to be ended by `redlatch_close`. `settings` are copied.
 * NULL: neither may be NULL.
 * Threads: any; the client may be used by any number of threads at once. After `fork` the child
 * opens a client of its own and leaves that of the parent alone.
 * Errors: the `config` family, `client.misuse`. NULL is success.
 *
 * # Safety
 * `settings` must end with a NUL, and `out` must point to room for a pointer.
 */
redlatch_error *redlatch_open(const char *settings,
                              redlatch **out);

/**
 * As `redlatch_open`, and what `settings` leave out is taken from the environment: `REDIS_URL`, or
 * `REDIS_HOST`, `REDIS_PORT`, `REDIS_PASSWORD_FILE`, `REDIS_SSL_CA_CERTS` and their siblings.
 *
 * Ownership: on success `*out` is the client, to be ended by `redlatch_close`. `settings` are copied.
 * NULL: `settings` may be NULL, `out` may not.
 * Threads: as for `redlatch_open`; other threads must not change the environment meanwhile.
 * Errors: as for `redlatch_open`.
 *
 * # Safety
 * `settings` must end with a NUL, or be NULL; `out` must point to room for a pointer.
 */
redlatch_error *redlatch_open_from_env(const char *settings,
                                       redlatch **out);

/**
 * Runs one command, and waits for its reply.
 *
 * `argv` holds `argc` arguments, the command's name first, and `argvlen` their lengths; with
 * `argvlen` NULL each ends with a NUL. `timeout_ms` 0 means the setting `timeout`, `UINT32_MAX` no
 * limit. A signal does not end the wait.
 *
 * Commands that change what later ones mean (`SELECT`, `WATCH`, `SUBSCRIBE`, `MULTI` without `EXEC`
 * in the same pipeline) are `client.misuse`: each call may use another connection.
 *
 * Ownership: on success `*out` is the reply, to be freed by `redlatch_value_free`. Arguments are
 * copied.
 * NULL: `out` may be NULL if the reply is of no interest; client and arguments may not.
 * Threads: any number at once, each on a connection of its own, up to `max_connections`.
 * Errors: what the server answered, its text kept; and any code of the families `trust`, `identity`,
 * `auth`, `tls`, `net`, `protocol`, `server` and `client`. NULL is success.
 *
 * # Safety
 * `argv` must point to `argc` pointers, `argvlen`, unless NULL, to `argc` lengths.
 */
redlatch_error *redlatch_call(const redlatch *redis,
                              size_t argc,
                              const char *const *argv,
                              const size_t *argvlen,
                              uint32_t timeout_ms,
                              redlatch_value **out);

/**
 * A snapshot of the connection that was used last, of those that no call is using: a string, which
 * is a JSON object with its state, the server's certificate and the CA that verified it, what ends
 * when, and the counters of all.
 *
 * Ownership: on success `*out` is the string, to be freed by `redlatch_value_free`.
 * NULL: neither may be NULL.
 * Threads: any.
 * Errors: `client.misuse`. NULL is success.
 *
 * # Safety
 * `out` must point to room for a pointer.
 */
redlatch_error *redlatch_status(const redlatch *redis, redlatch_value **out);

/**
 * The settings in force: a string, which is a JSON object of each by its name in the table,
 * durations in seconds, what is not set null, secrets `***`; and `address`, `warnings`, `dangers`.
 *
 * Ownership: on success `*out` is the string, to be freed by `redlatch_value_free`.
 * NULL: neither may be NULL.
 * Threads: any.
 * Errors: `client.misuse`. NULL is success.
 *
 * # Safety
 * `out` must point to room for a pointer.
 */
redlatch_error *redlatch_config(const redlatch *redis, redlatch_value **out);

/**
 * What happened since the last time, oldest first: an array of strings, each a JSON object with
 * `kind`, `at` and what belongs to the kind. The latest 1024 are kept.
 *
 * Ownership: on success `*out` is the array, to be freed by `redlatch_value_free`.
 * NULL: neither may be NULL.
 * Threads: any; each event is given to one of them.
 * Errors: `client.misuse`. NULL is success.
 *
 * # Safety
 * `out` must point to room for a pointer.
 */
redlatch_error *redlatch_events(const redlatch *redis, redlatch_value **out);

/**
 * Looks at all watched files now, not only when `poll_interval` is over. Connections follow at their
 * next use.
 *
 * Ownership: borrows the client.
 * NULL: the client may not be NULL.
 * Threads: any.
 * Errors: `client.misuse`, `client.queue_full`. What is wrong with a file is told by an event. NULL
 * is success.
 */
redlatch_error *redlatch_reload(const redlatch *redis);

/**
 * Hands in content of a material (`REDLATCH_TRUST`, …), in place of what its source gave: `count`
 * parts and their lengths; with `lengths` NULL each part ends with a NUL. A file that was watched is
 * not looked at any more. Connections follow at their next use.
 *
 * Ownership: the parts are copied.
 * NULL: only `lengths` may be NULL.
 * Threads: any.
 * Errors: why it cannot be used, of the families `trust`, `identity` and `auth`, and what was good
 * stays; `client.misuse`. NULL is success.
 *
 * # Safety
 * `parts` must point to `count` pointers, `lengths`, unless NULL, to `count` lengths.
 */
redlatch_error *redlatch_supply(const redlatch *redis,
                                uint16_t material_number,
                                size_t count,
                                const char *const *parts,
                                const size_t *lengths);

/**
 * Says goodbye to the server on each connection, and frees the client. No thread may be using it.
 *
 * Ownership: takes the client; call it once.
 * NULL: fine.
 * Threads: any, after all calls of others have returned.
 * Errors: none.
 */
void redlatch_close(redlatch *redis);

/**
 * The dotted code, such as `tls.untrusted`: what a program compares.
 *
 * Ownership: the text belongs to the error. NULL: of NULL it is empty. Threads: any. Errors: none.
 */
const char *redlatch_error_code(const redlatch_error *error);

/**
 * The number of the code, such as 501; hundreds are families.
 *
 * Ownership: borrows the error. NULL: of NULL it is 0. Threads: any. Errors: none.
 */
uint16_t redlatch_error_number(const redlatch_error *error);

/**
 * Whether, and when, to try again.
 *
 * Ownership: borrows the error. NULL: of NULL it is `REDLATCH_RETRY_NEVER`. Threads: any. Errors: none.
 */
redlatch_retry redlatch_error_retry(const redlatch_error *error);

/**
 * Whether the server may have executed the command: it was sent, and no reply came.
 *
 * Ownership: borrows the error. NULL: of NULL it is false. Threads: any. Errors: none.
 */
bool redlatch_error_maybe_executed(const redlatch_error *error);

/**
 * What went wrong, with its evidence: one line for people, whose wording may change.
 *
 * Ownership: the text belongs to the error. NULL: of NULL it is empty. Threads: any. Errors: none.
 */
const char *redlatch_error_message(const redlatch_error *error);

/**
 * What to do about it: a sentence for people.
 *
 * Ownership: the text belongs to the error. NULL: of NULL it is empty. Threads: any. Errors: none.
 */
const char *redlatch_error_remedy(const redlatch_error *error);

/**
 * All of it as a JSON object: `code`, `number`, `family`, `retry`, `message`, `detail`, `remedy`,
 * `evidence`, `maybe_executed`.
 *
 * Ownership: the text belongs to the error. NULL: of NULL it is empty. Threads: any. Errors: none.
 */
const char *redlatch_error_json(const redlatch_error *error);

/**
 * Frees an error that a call returned, with its texts.
 *
 * Ownership: takes the error; call it once, and never for one that belongs to a value.
 * NULL: fine. Threads: any. Errors: none.
 */
void redlatch_error_free(redlatch_error *error);

/**
 * How the client is: a string, which is a JSON object with `ok` (ready), `live`, `alive`,
 * `authenticated`, `writable`, `role`, `trust`, `code`, `text` and `remedy` of the first problem,
 * `problems`, `seconds`, `state` and `address`.
 *
 * Asks the server, and waits no longer than `limit_ms`; 0 means 900, which fits a probe of
 * Kubernetes. With `read_only` a replica that takes no writes is ready, too. A server that is away is
 * no error of this call.
 *
 * Ownership: on success `*out` is the string, to be freed by `redlatch_value_free`.
 * NULL: neither may be NULL.
 * Threads: any.
 * Errors: `client.queue_full`, `client.misuse`. NULL is success.
 *
 * # Safety
 * `out` must point to room for a pointer.
 */
redlatch_error *redlatch_health(const redlatch *redis,
                                uint32_t limit_ms,
                                bool read_only,
                                redlatch_value **out);

/**
 * Metrics of `count` clients: a string in Prometheus's text format. Each client has the label
 * `client`: the setting `client_name`, or the address.
 *
 * Ownership: on success `*out` is the string, to be freed by `redlatch_value_free`. The clients are
 * borrowed.
 * NULL: nothing may be NULL.
 * Threads: any.
 * Errors: `client.misuse`. NULL is success.
 *
 * # Safety
 * `clients` must point to `count` clients, and `out` to room for a pointer.
 */
redlatch_error *redlatch_metrics(const redlatch *const *clients,
                                 size_t count,
                                 redlatch_value **out);

/**
 * A pipeline without commands.
 *
 * Ownership: to be freed by `redlatch_pipeline_free`. It belongs to no client. NULL: never returned.
 * Threads: one at a time. Errors: none.
 */
redlatch_pipeline *redlatch_pipeline_new(void);

/**
 * Adds a command: arguments as for `redlatch_call`.
 *
 * Ownership: arguments are copied.
 * NULL: only `argvlen` may be NULL.
 * Threads: one at a time.
 * Errors: `client.misuse`, and the pipeline is as it was. NULL is success.
 *
 * # Safety
 * `argv` must point to `argc` pointers, `argvlen`, unless NULL, to `argc` lengths.
 */
redlatch_error *redlatch_pipeline_add(redlatch_pipeline *pipeline,
                                      size_t argc,
                                      const char *const *argv,
                                      const size_t *argvlen);

/**
 * Runs all commands of a pipeline, and waits for all replies: an array, in the order of the
 * commands, in which an error of the server is an element. The pipeline stays as it is, and may be
 * run again. `MULTI` and `EXEC` belong into one pipeline.
 *
 * Ownership: on success `*out` is the array, to be freed by `redlatch_value_free`.
 * NULL: `out` may be NULL if the replies are of no interest; client and pipeline may not.
 * Threads: as for `redlatch_call`; a pipeline may be run by several at once.
 * Errors: as for `redlatch_call`, except what the server answered. NULL is success.
 *
 * # Safety
 * `out` must point to room for a pointer, or be NULL.
 */
redlatch_error *redlatch_pipeline_call(const redlatch *redis,
                                       const redlatch_pipeline *pipeline,
                                       uint32_t timeout_ms,
                                       redlatch_value **out);

/**
 * Frees a pipeline.
 *
 * Ownership: takes the pipeline; call it once. NULL: fine. Threads: any, after all calls with it have
 * returned. Errors: none.
 */
void redlatch_pipeline_free(redlatch_pipeline *pipeline);

/**
 * What a value is.
 *
 * Ownership: borrows the value. NULL: of NULL it is `REDLATCH_KIND_NIL`. Threads: any. Errors: none.
 */
redlatch_kind redlatch_value_kind(const redlatch_value *value);

/**
 * The value of an integer, or of a truth value; 0 of all else.
 *
 * Ownership: borrows the value. NULL: of NULL it is 0. Threads: any. Errors: none.
 */
int64_t redlatch_value_integer(const redlatch_value *value);

/**
 * The value of a floating point number, or of an integer; 0 of all else.
 *
 * Ownership: borrows the value. NULL: of NULL it is 0. Threads: any. Errors: none.
 */
double redlatch_value_double(const redlatch_value *value);

/**
 * The bytes of a string, a status, a big number or an error, and in `*length` how many they are; a
 * NUL follows them. They may hold NULs themselves. NULL of all else, and then `*length` is not
 * written.
 *
 * Ownership: the bytes belong to the value.
 * NULL: of NULL it is NULL; `length` may be NULL.
 * Threads: any. Errors: none.
 *
 * # Safety
 * `length` must point to room for a length, or be NULL.
 */
const char *redlatch_value_text(const redlatch_value *value, size_t *length);

/**
 * How many elements a list, a set or a message has, or how many pairs a map; 0 of all else.
 *
 * Ownership: borrows the value. NULL: of NULL it is 0. Threads: any. Errors: none.
 */
size_t redlatch_value_count(const redlatch_value *value);

/**
 * The element at `index`, counted from 0; of a map the value of the pair there.
 *
 * Ownership: it belongs to `value`, and lives as long.
 * NULL: if there is none, or `value` is NULL. Threads: any. Errors: none.
 */
const redlatch_value *redlatch_value_element(const redlatch_value *value, size_t index);

/**
 * The key of the pair at `index` of a map, counted from 0.
 *
 * Ownership: it belongs to `value`, and lives as long.
 * NULL: if there is none, or `value` is NULL. Threads: any. Errors: none.
 */
const redlatch_value *redlatch_value_key(const redlatch_value *value, size_t index);

/**
 * The error that a value is.
 *
 * Ownership: it belongs to `value`, and lives as long; do not free it.
 * NULL: if it is none, or `value` is NULL. Threads: any. Errors: none.
 */
const redlatch_error *redlatch_value_error(const redlatch_value *value);

/**
 * Frees a value that a call gave, with all its parts.
 *
 * Ownership: takes the value; call it once, and never for a part of another.
 * NULL: fine. Threads: any. Errors: none.
 */
void redlatch_value_free(redlatch_value *value);

/**
 * Where to begin: nothing is known of the connection.
 *
 * Ownership: a value. NULL: never look. Threads: any. Errors: none.
 */
redlatch_busy_poll redlatch_busy_poll_new(const redlatch_client *client);

/**
 * A wait for bytes has ended, `wait` nanoseconds after its begin. One is no wait if the bytes were there
 * at once.
 *
 * Ownership: values. NULL: none. Threads: any. Errors: none.
 */
redlatch_busy_poll redlatch_busy_poll_waited(redlatch_busy_poll poll,
                                             uint64_t wait);

/**
 * Makes a client from settings, one JSON object, and, if `from_env`, the environment. It connects
 * when it is first used. On success `*out` is the client; otherwise the batch holds the error.
 *
 * Ownership: the client is freed by `redlatch_client_free`; settings are borrowed for the call, the
 * view belongs to the batch.
 * NULL: settings may be NULL if their length is 0; a batch or `out` that is NULL is a `FAULT`.
 * Threads: any, with a batch of their own. Errors: the `config` family and `client.misuse`, as a
 * `FAULT`.
 *
 * # Safety
 * `settings` must point to `settings_len` bytes, and `out` to room for a pointer.
 */
redlatch_bytes redlatch_client_new(const uint8_t *settings,
                                   size_t settings_len,
                                   bool from_env,
                                   redlatch_batch *batch,
                                   redlatch_client **out);

/**
 * Frees a client without a word to the server; see `redlatch_client_close`. NULL is fine.
 *
 * Ownership: takes the client; call it once. NULL: fine. Threads: any, after all calls of others
 * have returned. Errors: none.
 */
void redlatch_client_free(redlatch_client *client);

/**
 * Hands in commands. `records` are fields packed without gaps, 24 bytes each: `ticket u64,
 * commands u32, length u32, timeout_ms u32, flags u32`. Tickets grow from record to record.
 * `timeout_ms` 0 means the client's, `UINT32_MAX` none; flag 1 allows the record to be sent again.
 * `payload` holds the packed RESP commands of all records, one after the other.
 *
 * Ownership: the bytes are borrowed for the call, the view belongs to the batch.
 * NULL: bytes may be NULL if there are none; a client or batch that is NULL is a `FAULT`.
 * Threads: any, with a batch of their own. Errors: `client.misuse`, as a `FAULT`; those of
 * commands are `FAILURE` records.
 *
 * # Safety
 * Both pointers must point to as many bytes as is said.
 */
redlatch_bytes redlatch_client_submit(const redlatch_client *client,
                                      redlatch_batch *batch,
                                      const uint8_t *records,
                                      size_t records_len,
                                      const uint8_t *payload,
                                      size_t payload_len);

/**
 * As `redlatch_client_submit`, with a long text that need not be copied into the payload first: its
 * bytes come behind the first `at` bytes of the payload, and count as bytes of its record.
 *
 * With room for `*taken` the client may take only the start of the text, which leaves while the rest
 * is with the host: it says how many bytes it took. The host hands in the others, in order, by
 * `redlatch_client_append`; what is asked of the client meanwhile waits.
 *
 * Ownership: the bytes are borrowed for the call, the view belongs to the batch.
 * NULL: bytes may be NULL if there are none; without `taken` all of the text is taken; a client or
 * batch that is NULL is a `FAULT`.
 * Threads: any, with a batch of their own. Errors: `client.misuse`, as a `FAULT`; those of
 * commands are `FAILURE` records.
 *
 * # Safety
 * The first three pointers must point to as many bytes as is said, `taken` to room for a number.
 */
redlatch_bytes redlatch_client_submit_long(const redlatch_client *client,
                                           redlatch_batch *batch,
                                           const uint8_t *records,
                                           size_t records_len,
                                           const uint8_t *payload,
                                           size_t payload_len,
                                           size_t at,
                                           const uint8_t *long_,
                                           size_t long_len,
                                           size_t *taken);

/**
 * Hands in what follows of a long text that `redlatch_client_submit_long` has not taken yet. `*taken` is
 * how many bytes of it were: as many as the server is to get next, or all if the command has ended. The
 * next call comes when what this one asks for is done.
 *
 * Ownership: the bytes are borrowed for the call, the view belongs to the batch.
 * NULL: the text may be NULL if its length is 0; a client, batch or `taken` that is NULL is a `FAULT`.
 * Threads: any, with a batch of their own. Errors: `client.misuse`, as a `FAULT`.
 *
 * # Safety
 * `text` must point to `len` bytes, `taken` to room for a number.
 */
redlatch_bytes redlatch_client_append(const redlatch_client *client,
                                      redlatch_batch *batch,
                                      uint64_t ticket,
                                      const uint8_t *text,
                                      size_t len,
                                      size_t *taken);

/**
 * Gives up the command with this ticket. It gets neither reply nor failure any more.
 *
 * Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
 * own. Errors: `client.misuse`, as a `FAULT`.
 */
redlatch_bytes redlatch_client_cancel(const redlatch_client *client,
                                      redlatch_batch *batch,
                                      uint64_t ticket);

/**
 * What the view before has announced with `more`.
 *
 * Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
 * own. Errors: `client.misuse`, as a `FAULT`.
 */
redlatch_bytes redlatch_client_more(const redlatch_client *client, redlatch_batch *batch);

/**
 * The deadline of a view has come.
 *
 * Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
 * own. Errors: `client.misuse`, as a `FAULT`.
 */
redlatch_bytes redlatch_client_tick(const redlatch_client *client, redlatch_batch *batch);

/**
 * Connects now and stays connected, commands or not.
 *
 * Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
 * own. Errors: `client.misuse`, as a `FAULT`.
 */
redlatch_bytes redlatch_client_connect(const redlatch_client *client, redlatch_batch *batch);

/**
 * Looks at all watched files now.
 *
 * Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
 * own. Errors: `client.misuse`, as a `FAULT`.
 */
redlatch_bytes redlatch_client_reload(const redlatch_client *client, redlatch_batch *batch);

/**
 * Fails what is waiting, says goodbye to the server, and takes nothing more.
 *
 * Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
 * own. Errors: `client.misuse`, as a `FAULT`.
 */
redlatch_bytes redlatch_client_close(const redlatch_client *client, redlatch_batch *batch);

/**
 * A snapshot of the client, as JSON in a `TEXT` record.
 *
 * Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
 * own. Errors: `client.misuse`, as a `FAULT`.
 */
redlatch_bytes redlatch_client_status(const redlatch_client *client, redlatch_batch *batch);

/**
 * The settings in force, as JSON in a `TEXT` record: each by its name in the table, durations in
 * seconds, what is not set null, secrets `***`; and `address`, `warnings`, `dangers`.
 *
 * Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
 * own. Errors: `client.misuse`, as a `FAULT`.
 */
redlatch_bytes redlatch_client_config(const redlatch_client *client, redlatch_batch *batch);

/**
 * Prepares an examination of the server of these settings, one JSON object, and, if `from_env`, of
 * the environment. With `read_only` a server that takes no writes will do. Settings that cannot be
 * used are what it finds, not an error of this call.
 *
 * Ownership: the doctor is freed by `redlatch_doctor_free`; settings are borrowed for the call, the
 * view belongs to the batch.
 * NULL: settings may be NULL if their length is 0; a batch or `out` that is NULL is a `FAULT`.
 * Threads: any, with a batch of their own. Errors: `client.misuse`, as a `FAULT`.
 *
 * # Safety
 * `settings` must point to `settings_len` bytes, and `out` to room for a pointer.
 */
redlatch_bytes redlatch_doctor_new(const uint8_t *settings,
                                   size_t settings_len,
                                   bool from_env,
                                   bool read_only,
                                   redlatch_batch *batch,
                                   redlatch_doctor **out);

/**
 * What a provider gave for a material that the settings leave to one; `parts` are packed as
 * `redlatch_client_supply` takes them.
 *
 * Ownership: the bytes are borrowed for the call, the view belongs to the batch.
 * NULL: bytes may be NULL if there are none; a doctor or batch that is NULL is a `FAULT`.
 * Threads: any, with a batch of their own. Errors: `client.misuse`, as a `FAULT`.
 *
 * # Safety
 * `parts` must point to `parts_len` bytes.
 */
redlatch_bytes redlatch_doctor_provide(const redlatch_doctor *doctor,
                                       redlatch_batch *batch,
                                       uint16_t code,
                                       const uint8_t *parts,
                                       size_t parts_len);

/**
 * Why a provider gave nothing; `why` is shown in the report, so it must hold no secret.
 *
 * Ownership: the bytes are borrowed for the call, the view belongs to the batch.
 * NULL: bytes may be NULL if there are none; a doctor or batch that is NULL is a `FAULT`.
 * Threads: any, with a batch of their own. Errors: `client.misuse`, as a `FAULT`.
 *
 * # Safety
 * `why` must point to `why_len` bytes.
 */
redlatch_bytes redlatch_doctor_provide_failed(const redlatch_doctor *doctor,
                                              redlatch_batch *batch,
                                              uint16_t code,
                                              const uint8_t *why,
                                              size_t why_len);

/**
 * Makes the examination and waits for it; a `TEXT` record, JSON, as `redlatch doctor --json` prints
 * it. It takes as long as the settings allow each step.
 *
 * Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
 * own. Errors: `client.misuse`, as a `FAULT`; all others are what it finds.
 */
redlatch_bytes redlatch_doctor_examine(const redlatch_doctor *doctor, redlatch_batch *batch);

/**
 * Ends an examination that another thread waits for: it finds `client.cancelled`.
 *
 * Ownership: borrowed. NULL: fine. Threads: any, before the doctor is freed. Errors: none.
 */
void redlatch_doctor_cancel(const redlatch_doctor *doctor);

/**
 * Frees a doctor. NULL is fine.
 *
 * Ownership: takes the doctor; call it once. NULL: fine. Threads: any, after all calls of others
 * have returned. Errors: none.
 */
void redlatch_doctor_free(redlatch_doctor *doctor);

/**
 * Opens a lane: a `LANE` record tells its number. It connects when it is first used; a wire only by
 * `redlatch_lane_connect`. Beyond `max_connections` the call is refused with `client.queue_full`.
 *
 * Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
 * own. Errors: `client.misuse`, `client.queue_full` and `client.closed`, as a `FAULT`.
 */
redlatch_bytes redlatch_lane_open(const redlatch_client *client,
                                  redlatch_batch *batch,
                                  uint16_t purpose);

/**
 * Connects a lane now. That a wire is up is told by `OPENED`, why it is not, or is no more, by
 * `ENDED`.
 *
 * Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
 * own. Errors: `client.misuse`, as a `FAULT`.
 */
redlatch_bytes redlatch_lane_connect(const redlatch_client *client,
                                     redlatch_batch *batch,
                                     uint32_t lane);

/**
 * As `redlatch_client_submit`, to a lane for subscriptions or one that a caller holds.
 *
 * Ownership: the bytes are borrowed for the call, the view belongs to the batch.
 * NULL: bytes may be NULL if there are none; a client or batch that is NULL is a `FAULT`.
 * Threads: any, with a batch of their own. Errors: `client.misuse`, as a `FAULT`; those of
 * commands are `FAILURE` records.
 *
 * # Safety
 * Both pointers must point to as many bytes as is said.
 */
redlatch_bytes redlatch_lane_submit(const redlatch_client *client,
                                    redlatch_batch *batch,
                                    uint32_t lane,
                                    const uint8_t *records,
                                    size_t records_len,
                                    const uint8_t *payload,
                                    size_t payload_len);

/**
 * Sends bytes of the host's own. If the wire is not up, or ended just now, a `FAULT` among the
 * outcomes tells why.
 *
 * Ownership: the bytes are borrowed for the call, the view belongs to the batch.
 * NULL: bytes may be NULL if there are none; a client or batch that is NULL is a `FAULT`.
 * Threads: any, with a batch of their own. Errors: also
 * those of the `net` and `client` families, as a `FAULT`.
 *
 * # Safety
 * `data` must point to `len` bytes.
 */
redlatch_bytes redlatch_lane_send(const redlatch_client *client,
                                  redlatch_batch *batch,
                                  uint32_t lane,
                                  const uint8_t *data,
                                  size_t len);

/**
 * Says that no more bytes follow on a wire: TLS tells the peer, and the host closes its half of the
 * connection. What the peer still has to say comes.
 *
 * Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
 * own. Errors: `client.misuse`, as a `FAULT`.
 */
redlatch_bytes redlatch_lane_finish(const redlatch_client *client,
                                    redlatch_batch *batch,
                                    uint32_t lane);

/**
 * Whether a wire had better be left now: its server is no longer trusted, or it was authenticated
 * with what is no longer in force, and no reply is owed. Also true of a lane that is gone.
 *
 * Ownership: borrows the client. NULL: true. Threads: any. Errors: none.
 */
bool redlatch_lane_may_leave(const redlatch_client *client, uint32_t lane);

/**
 * Closes a lane: what waits in it fails with `client.closed`. Unknown numbers are fine.
 *
 * Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
 * own. Errors: `client.misuse`, as a `FAULT`.
 */
redlatch_bytes redlatch_lane_shut(const redlatch_client *client,
                                  redlatch_batch *batch,
                                  uint32_t lane);

/**
 * Whoever held the lane is done: what is still watched, or queued in a transaction, is undone.
 *
 * Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
 * own. Errors: `client.misuse`, as a `FAULT`.
 */
redlatch_bytes redlatch_lane_take_back(const redlatch_client *client,
                                       redlatch_batch *batch,
                                       uint32_t lane);

/**
 * The connection asked for is up.
 *
 * Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
 * own. Errors: `client.misuse`, as a `FAULT`.
 */
redlatch_bytes redlatch_client_dialed(const redlatch_client *client,
                                      redlatch_batch *batch,
                                      uint64_t link);

/**
 * The connection asked for could not be made: `code` is a number of the net family, `why` the text
 * of the system.
 *
 * Ownership: the bytes are borrowed for the call, the view belongs to the batch.
 * NULL: bytes may be NULL if there are none; a client or batch that is NULL is a `FAULT`.
 * Threads: any, with a batch of their own. Errors: `client.misuse`, as a `FAULT`.
 *
 * # Safety
 * `why` must point to `why_len` bytes.
 */
redlatch_bytes redlatch_client_dial_failed(const redlatch_client *client,
                                           redlatch_batch *batch,
                                           uint64_t link,
                                           uint16_t code,
                                           const uint8_t *why,
                                           size_t why_len);

/**
 * Bytes came in.
 *
 * Ownership: the bytes are borrowed for the call, the view belongs to the batch.
 * NULL: bytes may be NULL if there are none; a client or batch that is NULL is a `FAULT`.
 * Threads: any, with a batch of their own. Errors: `client.misuse`, as a `FAULT`.
 *
 * # Safety
 * `data` must point to `len` bytes.
 */
redlatch_bytes redlatch_client_received(const redlatch_client *client,
                                        redlatch_batch *batch,
                                        uint64_t link,
                                        const uint8_t *data,
                                        size_t len);

/**
 * The connection ended: `code` is 0 if the peer closed it, else a number of the net family.
 *
 * Ownership: the bytes are borrowed for the call, the view belongs to the batch.
 * NULL: bytes may be NULL if there are none; a client or batch that is NULL is a `FAULT`.
 * Threads: any, with a batch of their own. Errors: `client.misuse`, as a `FAULT`.
 *
 * # Safety
 * `why` must point to `why_len` bytes.
 */
redlatch_bytes redlatch_client_closed(const redlatch_client *client,
                                      redlatch_batch *batch,
                                      uint64_t link,
                                      uint16_t code,
                                      const uint8_t *why,
                                      size_t why_len);

/**
 * The host cannot send more on this connection for now.
 *
 * Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
 * own. Errors: `client.misuse`, as a `FAULT`.
 */
redlatch_bytes redlatch_client_blocked(const redlatch_client *client,
                                       redlatch_batch *batch,
                                       uint64_t link);

/**
 * The host can send on this connection again.
 *
 * Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
 * own. Errors: `client.misuse`, as a `FAULT`.
 */
redlatch_bytes redlatch_client_writable(const redlatch_client *client,
                                        redlatch_batch *batch,
                                        uint64_t link);

/**
 * Hands in content of a material: the answer to question `id`, or unasked if `id` is 0. `parts`
 * holds its parts one after the other, each behind its length (`u64`). A refusal is a `FAULT`;
 * what was good stays.
 *
 * Ownership: the bytes are borrowed for the call, the view belongs to the batch.
 * NULL: bytes may be NULL if there are none; a client or batch that is NULL is a `FAULT`.
 * Threads: any, with a batch of their own. Errors: the
 * families `trust`, `identity` and `auth`, `client.misuse`, as a `FAULT`.
 *
 * # Safety
 * `parts` must point to `parts_len` bytes.
 */
redlatch_bytes redlatch_client_supply(const redlatch_client *client,
                                      redlatch_batch *batch,
                                      uint16_t code,
                                      uint64_t id,
                                      const uint8_t *parts,
                                      size_t parts_len);

/**
 * Answers question `id` with a failure; `why` is shown in events and errors, so it must hold no
 * secret.
 *
 * Ownership: the bytes are borrowed for the call, the view belongs to the batch.
 * NULL: bytes may be NULL if there are none; a client or batch that is NULL is a `FAULT`.
 * Threads: any, with a batch of their own. Errors: `client.misuse`, as a `FAULT`.
 *
 * # Safety
 * `why` must point to `why_len` bytes.
 */
redlatch_bytes redlatch_client_supply_failed(const redlatch_client *client,
                                             redlatch_batch *batch,
                                             uint16_t code,
                                             uint64_t id,
                                             const uint8_t *why,
                                             size_t why_len);

/**
 * Username and secret in force, for a host that logs in by itself: a `TEXT` record, JSON with
 * `username` and `password`, of which those are missing that the settings do not have. Without a
 * record whoever provides them is being asked: call again after the answer, or 20 ms later.
 * `auth.unavailable` says why there are none. The batch wipes them at its next use.
 *
 * Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
 * own. Errors: the family `auth` and `client.misuse`, as a `FAULT`.
 */
redlatch_bytes redlatch_client_credentials(const redlatch_client *client, redlatch_batch *batch);

/**
 * Every error code: an array of `code, number, family, retry, sentence, remedy`.
 *
 * Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
 * own. Errors: `client.misuse`, as a `FAULT`.
 */
redlatch_bytes redlatch_codes(redlatch_batch *batch);

/**
 * Every setting: an array of `name, kind, default, environment, sentence`.
 *
 * Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
 * own. Errors: `client.misuse`, as a `FAULT`.
 */
redlatch_bytes redlatch_settings(redlatch_batch *batch);

/**
 * Reads CAs in any text form: `certificates`, `rejected` and `notes`, as `redlatch bundle show
 * --json` prints them. An error of the trust family is a `FAULT`.
 *
 * Ownership: the bytes are borrowed for the call, the view belongs to the batch.
 * NULL: bytes may be NULL if there are none; a batch that is NULL is a `FAULT`.
 * Threads: any, with a batch of their own. Errors: the `trust` family and `client.misuse`, as a
 * `FAULT`.
 *
 * # Safety
 * `data` must point to `len` bytes.
 */
redlatch_bytes redlatch_read_bundle(const uint8_t *data, size_t len, redlatch_batch *batch);

/**
 * The SHA-1 by which servers know a script, lower-case hexadecimal.
 *
 * Ownership: the bytes are borrowed for the call, the view belongs to the batch.
 * NULL: bytes may be NULL if there are none; a batch that is NULL is a `FAULT`.
 * Threads: any, with a batch of their own. Errors: `client.misuse`, as a `FAULT`.
 *
 * # Safety
 * `data` must point to `len` bytes.
 */
redlatch_bytes redlatch_script_hash(const uint8_t *data, size_t len, redlatch_batch *batch);

/**
 * What a host does for a judgement of health: an object of `commands`, each an array of words, to be
 * run in one flight, and `limit_ms`, how long it waits for their replies unless it is told otherwise.
 *
 * Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
 * own. Errors: `client.misuse`, as a `FAULT`.
 */
redlatch_bytes redlatch_health_plan(redlatch_batch *batch);

/**
 * Judges a client by its status and the outcome of the commands of `redlatch_health_plan`: `ok`,
 * `live`, `alive`, `authenticated`, `writable`, `role`, `trust`, `code`, `text`, `remedy`,
 * `problems`, `seconds`, `state` and `address`, as JSON.
 *
 * The outcome is `null` if the commands were not run, or an object with `seconds`, and either
 * `replies`, objects with `text` or an error's `code` and `message`; or `code` and `message` of what
 * failed them all. `read_only` tells that a server that takes no writes is good enough.
 *
 * Ownership: the bytes are borrowed for the call, the view belongs to the batch.
 * NULL: a `FAULT`. Threads: any, with a batch of their own. Errors: `client.misuse`, as a `FAULT`.
 *
 * # Safety
 * Both pointers must point to as many bytes as is said.
 */
redlatch_bytes redlatch_judge_health(const uint8_t *status,
                                     size_t status_len,
                                     const uint8_t *outcome,
                                     size_t outcome_len,
                                     bool read_only,
                                     redlatch_batch *batch);

/**
 * Metrics of clients, given a JSON array of their statuses, in Prometheus's text format.
 *
 * Ownership: the bytes are borrowed for the call, the view belongs to the batch.
 * NULL: a `FAULT`. Threads: any, with a batch of their own. Errors: `client.misuse`, as a `FAULT`.
 *
 * # Safety
 * `statuses` must point to `len` bytes.
 */
redlatch_bytes redlatch_expose_metrics(const uint8_t *statuses, size_t len, redlatch_batch *batch);

/**
 * Makes a client of the same settings and materials for another server; `host` is a name or an IP
 * address without brackets. It may serve as pattern for others: what TLS has agreed with a server
 * goes on from one to the next. On success `*out` is the client; otherwise the batch holds the
 * error: `config.insecure` if a secret would be sent to another machine without TLS.
 *
 * Ownership: the client is freed by `redlatch_client_free`, before or after its pattern; the
 * host is borrowed for the call, the view belongs to the batch.
 * NULL: a pattern, batch or `out` that is NULL is a `FAULT`.
 * Threads: any, with a batch of their own. Errors: the `config` family and `client.misuse`, as a
 * `FAULT`.
 *
 * # Safety
 * `host` must point to `host_len` bytes, and `out` to room for a pointer.
 */
redlatch_bytes redlatch_client_at(const redlatch_client *pattern,
                                  const uint8_t *host,
                                  size_t host_len,
                                  uint16_t port,
                                  redlatch_batch *batch,
                                  redlatch_client **out);

/**
 * Makes a client of the same settings, materials and server that is one wire, in lane 0: bytes of
 * the host's own over TLS, once the login is done if `login` is set and there is a secret, else
 * from the start. It connects by `redlatch_lane_connect`.
 *
 * Ownership: the client is freed by `redlatch_client_free`, before or after its pattern; the view
 * belongs to the batch.
 * NULL: a pattern, batch or `out` that is NULL is a `FAULT`.
 * Threads: any, with a batch of their own. Errors: `client.misuse`, as a `FAULT`.
 *
 * # Safety
 * `out` must point to room for a pointer.
 */
redlatch_bytes redlatch_wire_new(const redlatch_client *pattern,
                                 bool login,
                                 redlatch_batch *batch,
                                 redlatch_client **out);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* REDLATCH_H */
