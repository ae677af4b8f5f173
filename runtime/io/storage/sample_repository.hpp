#pragma once

#include "messages/rounds.hpp"
#include "runtime/base/config.hpp"
#include "runtime/io/storage/database.hpp"
#include "runtime/io/storage/outbox_repository.hpp"

namespace aops::storage {

/// Keeps what a host measured: its cursor, series, samples, deviations. Recent samples are rows,
/// one a round; older ones are compressed chunks of an hour.
class sample_repository {
public:
  /// @param tell Who is told of the alerts that rounds begin and end; must live longer.
  /// @param events Where results are published.
  /// @param now_ms Before it nobody can have been told of an alert, however long ago its round was
  /// due; 0: the time of the round.
  explicit sample_repository(database& db,
                             std::span<const base::notify_receiver> tell = {},
                             event_topics events = {},
                             int64_t now_ms = 0)
      : db_(db), tell_(tell), events_(events), now_ms_(now_ms) {}

  /// One round in one go: cursor, sample row (its time is `until_ms`), series, results, alerts,
  /// deviations, status. Committing a round again changes nothing. The cursor never moves back;
  /// `until_ms` 0 leaves it alone and keeps no sample, for results of explicit jobs, and for
  /// samples that are pushed. Those committed again are there twice, which changes no round. In a
  /// transaction; the fence is the store writer's task.
  ///
  /// ec::not_found when the owner has no such host (any more).
  expected<void> commit_round(const round_to_commit& x);

  /// The same for many, in order, in about as few statements as one takes. When one of them fails,
  /// all do.
  expected<void> commit_rounds(std::span<const round_to_commit* const> rounds);

  /// Stores sample rows of the past, such as back-fill: replaces rows of the same time.
  expected<void> save_samples(std::string_view host_id, const std::vector<sample_row>& rows);

  /// What a host actor starts from. ec::not_found.
  expected<host_state> state(const host_state_query& q);

  /// Rows in [from_ms, until_ms] by time, from rows and chunks, and all series of the host; with
  /// `span_ms` those within so much time from the first one on. ec::not_found.
  expected<sample_rows> range(const samples_query& q);

  /// Forgets deviations that ended before a time. @returns How many.
  expected<int64_t> expire_deviations(int64_t ended_before_ms);

private:
  expected<int64_t> host_key(std::string_view host_id, std::string_view owner);
  expected<std::vector<series_entry>> series_of(int64_t host);
  expected<std::vector<sample_row>> pushed_of(int64_t host);
  expected<std::vector<sample_row>> rows_of(int64_t host, int64_t from_ms, int64_t until_ms);
  expected<int64_t> first_time(int64_t host, int64_t from_ms, int64_t until_ms);
  database& db_;
  std::span<const base::notify_receiver> tell_;
  event_topics events_;
  int64_t now_ms_;
};

} // namespace aops::storage
