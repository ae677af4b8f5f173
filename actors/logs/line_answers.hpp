#pragma once

#include "actors/logs/line_store.hpp"
#include "messages/logs.hpp"

/// From lines to answers and back.
namespace aops::actors {

/// A line by its `line_id`.
struct line_key {
  line_place place;
  uint64_t source = 0;
  std::string host_id;
};
std::string to_text(const line_key& x);
expected<line_key> line_key_from(std::string_view text); ///< ec::bad_request.

/// What an answer of one node may hold, in bytes: it must fit a message between nodes.
inline constexpr size_t most_line_bytes = 384 << 10;

/// Lines of one node; cut when they are too long together.
lines_found answer_of(lines_had had, const hosts_seen& hosts);

std::string_view cut_name(line_cut x);

/// What a request wants. ec::bad_request when something of it does not read.
expected<lines_wanted> wanted_by(const line_search& x);
expected<lines_wanted> wanted_by(const line_histogram_query& x);

/// The stretches that somebody asks for.
logs::buckets buckets_for(const line_histogram_query& x);

/// What a node told, or why it did not.
template <class T>
struct told_by_node {
  std::string node;
  expected<T> told;
};

/// One answer from those of all nodes; an error when it is the first one's own, such as
/// ec::bad_request. A line that several nodes keep is there once.
expected<lines_found> merged(const line_search& asked, std::vector<told_by_node<lines_found>> all);
expected<line_histogram> merged(std::vector<told_by_node<line_histogram>> all);
/// ec::not_found when no node has the line.
expected<line_context> merged(const line_context_query& asked,
                              std::vector<told_by_node<line_context>> all);

} // namespace aops::actors
