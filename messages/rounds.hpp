#pragma once

#include "messages/check.hpp"
#include "messages/fence.hpp"
#include "messages/sample.hpp"
#include "messages/wire.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// What hosts find, and what they and the stores tell each other about it. Only between actors.
namespace aops {

/// A stretch of one value; ends included.
struct result_interval {
  int64_t start_ms = 0, end_ms = 0;
  std::string value;       ///< `Abnormal`, `No data`, `Internal error`.
  std::string reason = {}; ///< Why it is not `Abnormal`; of its first round. At most 256 bytes.
  friend bool operator==(const result_interval&, const result_interval&) = default;
};
AOPS_WIRE(result_interval, start_ms, end_ms, value, reason)

/// Engine results of (owner, host, check_item, labels) that lie within the range are deleted, then
/// `rows` inserted.
struct result_change {
  std::string check_item;
  std::string rule_digest; ///< Content digest of the rule; results show the rule as it was.
  int64_t replace_from_ms = 0, replace_until_ms = 0;
  std::vector<result_interval> rows;
  label_set labels = {}; ///< Of the instance; empty for a rule that has one only.
};
AOPS_WIRE(result_change, check_item, rule_digest, replace_from_ms, replace_until_ms, rows, labels)

/// An instance of a rule begins or ends to be something; one for each change, in the commit of the
/// round that found it.
struct alert_change {
  std::string check_item;
  label_set labels;
  std::string value;    ///< As in results; empty: all is well again.
  int64_t since_ms = 0; ///< The round in which it became that.
  std::string severity; ///< Of the rule that judged.
  std::string reason;   ///< Why it is not `Abnormal`, or what its rule says of it.
  label_set rule_labels = {}, annotations = {}; ///< Of the rule, filled in.
};
AOPS_WIRE(
  alert_change, check_item, labels, value, since_ms, severity, reason, rule_labels, annotations)

/// Where a rule's coverage differs from its host's cursor.
struct deviation {
  std::string check_item;
  int64_t start_ms = 0, end_ms = 0;
  std::string reason; ///< `missed(not_collected)`, `late_rule`, …
};
AOPS_WIRE(deviation, check_item, start_ms, end_ms, reason)

/// A series of a host and the small number its stored samples carry.
struct series_entry {
  uint32_t slot = 0;
  series_key key;
};
AOPS_WIRE(series_entry, slot, key)

/// One stored sample row.
struct sample_row {
  int64_t time_ms = 0;
  std::string blob;
};
AOPS_WIRE(sample_row, time_ms, blob)

/// One round of one host: everything that moves together with its cursor.
struct round_to_commit {
  fence held;
  std::string owner, host_id;
  int64_t since_ms = 0; ///< Where the host's coverage began.
  int64_t until_ms = 0; ///< The new cursor.
  std::string rule_set_digest;
  std::string sample_blob; ///< Empty: nothing to keep. Begins with a format number.
  /// Series whose numbers are free from now on: taken out before the new ones are put in, together
  /// with what is still stored of the time up to `gone_until_ms`, in which they were seen last.
  std::vector<uint32_t> gone_series;
  int64_t gone_until_ms = 0;
  std::vector<series_entry> new_series;
  std::vector<result_change> changes;
  std::vector<deviation> deviations; ///< Added, or replaced by (check_item, start).
  std::string status;                ///< Empty: unchanged.
  int64_t status_since_ms = 0;
  std::vector<alert_change> alerts = {};
  maybe<std::string> scrape_error = {}; ///< Unset: unchanged; empty: the last round answered.
  /// Samples that were pushed, by the grid time of their round, until that is judged: kept beside
  /// what is there.
  std::vector<sample_row> pushed = {};
  std::vector<int64_t> rounds_of_pushed = {}; ///< Whose pushed samples are needed no longer.
};
AOPS_WIRE(round_to_commit,
          held,
          owner,
          host_id,
          since_ms,
          until_ms,
          rule_set_digest,
          sample_blob,
          gone_series,
          gone_until_ms,
          new_series,
          changes,
          deviations,
          status,
          status_since_ms,
          alerts,
          scrape_error,
          pushed,
          rounds_of_pushed)

/// Rounds of one host, in order, that are stored together or not at all. All are held under the
/// same fence.
struct rounds_to_commit {
  std::vector<round_to_commit> rounds;
};
AOPS_WIRE(rounds_to_commit, rounds)

/// What a host actor reads when it starts.
struct host_state_query {
  std::string owner, host_id;
  int64_t samples_from_ms = 0;
};
AOPS_WIRE(host_state_query, owner, host_id, samples_from_ms)

struct last_result {
  std::string check_item;
  result_interval row;
  std::string rule_digest; ///< Of the rule that found it.
  label_set labels = {};   ///< Of the instance.
};
AOPS_WIRE(last_result, check_item, row, rule_digest, labels)

struct host_state {
  int64_t since_ms = 0, until_ms = 0; ///< 0: never sampled.
  std::string rule_set_digest;
  std::vector<series_entry> series;
  std::vector<sample_row> samples;    ///< Rows from `samples_from_ms` on, in time order.
  std::vector<last_result> last_rows; ///< The newest engine rows of each rule.
  std::vector<deviation> deviations;
  std::vector<alert_change> alerts = {}; ///< What is not well by the last commit.
  std::vector<sample_row> pushed = {};   ///< As `round_to_commit` has it, as it came.
};
AOPS_WIRE(host_state,
          since_ms,
          until_ms,
          rule_set_digest,
          series,
          samples,
          last_rows,
          deviations,
          alerts,
          pushed)

/// Stored samples of a host in [from_ms, until_ms].
struct samples_query {
  std::string host_id;
  int64_t from_ms = 0, until_ms = 0;
  /// > 0: only what lies within so much time from the first stored row on, an hour at least. So a
  /// reader who goes on after the last row he got crosses an empty stretch in one query, and has
  /// reached the end when he gets none.
  int64_t span_ms = 0;
};
AOPS_WIRE(samples_query, host_id, from_ms, until_ms, span_ms)

struct sample_rows {
  std::vector<series_entry> series;
  std::vector<sample_row> rows;
};
AOPS_WIRE(sample_rows, series, rows)

/// Names a piece of what is stored of a host: a packed hour, or the rows of a few minutes. Whoever
/// has the piece under this name need not be sent it again; another name says that it has changed.
struct piece_key {
  int64_t chunk = 0; ///< Of a packed hour; 0: rows.
  int64_t from_ms = 0, until_ms = 0;
  int64_t rows = 0;   ///< How many, when they are rows.
  int64_t newest = 0; ///< Of rows, the one that was written last; of a packed hour, its size.
  friend auto operator<=>(const piece_key&, const piece_key&) = default;
};
AOPS_WIRE(piece_key, chunk, from_ms, until_ms, rows, newest)

/// What is wanted of one host.
struct wanted_pieces {
  std::string host_id;
  int64_t from_ms = 0;
  std::vector<piece_key> known; ///< Pieces that need not be sent.
};
AOPS_WIRE(wanted_pieces, host_id, from_ms, known)

/// Stored rounds of many hosts up to a time, as they are stored.
struct pieces_query {
  std::vector<wanted_pieces> hosts; ///< At most 64.
  int64_t until_ms = 0;             ///< Before `from_ms` of a host: its series alone.
  std::vector<std::string> names;   ///< Series of interest; none: all.
  bool needs_series = true;         ///< Of a host without series of interest no rounds are wanted.
  bool newest_only = false;         ///< Of each host its last round up to the time suffices.
  int64_t most_bytes = 16 << 20;    ///< Of rounds; what is left is asked for again.
};
AOPS_WIRE(pieces_query, hosts, until_ms, names, needs_series, newest_only, most_bytes)

struct stored_piece {
  piece_key key;
  bool is_known = false;        ///< To whoever asked; the rest is empty then.
  std::string packed;           ///< As `sample_chunk` has it.
  std::vector<sample_row> rows; ///< Of what is not packed. Maybe more than asked for.
};
AOPS_WIRE(stored_piece, key, is_known, packed, rows)

struct host_pieces {
  std::string host_id;
  std::vector<series_entry> series; ///< Those of interest.
  std::vector<stored_piece> pieces; ///< By time. Of rounds of the same time the last one counts.
  int64_t until_ms = 0;             ///< So far this is all there is; maybe past what was asked for.
};
AOPS_WIRE(host_pieces, host_id, series, pieces, until_ms)

/// Hosts that are not there any more are left out.
struct pieces_found {
  std::vector<host_pieces> hosts; ///< In the order asked for.
};
AOPS_WIRE(pieces_found, hosts)

/// The rules of one owner with their content digests, as host actors compile them.
struct owner_rules {
  std::string owner;
  std::string digest; ///< Of the whole set.
  std::vector<check_rule> rules;
  std::vector<std::string> digests; ///< Of each rule.
  std::vector<int64_t> since_ms;    ///< When each was first imported.
};
AOPS_WIRE(owner_rules, owner, digest, rules, digests, since_ms)

struct get_owner_rules {
  std::string owner;
};
AOPS_WIRE(get_owner_rules, owner)

/// Event: an owner's rules are others now.
struct rules_changed {
  std::string owner;
};
AOPS_WIRE(rules_changed, owner)

/// Stored results of a host that overlap a range, of these items.
struct host_results_query {
  std::string owner, host_id;
  std::vector<std::string> check_items;
  int64_t from_ms = 0, until_ms = 0;
};
AOPS_WIRE(host_results_query, owner, host_id, check_items, from_ms, until_ms)

struct host_results {
  std::vector<last_result> rows; ///< By item, then start.
};
AOPS_WIRE(host_results, rows)

/// What an explicit evaluation found; replaces engine results per range.
struct results_to_replace {
  fence held;
  std::string owner, host_id;
  std::vector<result_change> changes;
};
AOPS_WIRE(results_to_replace, held, owner, host_id, changes)

} // namespace aops
