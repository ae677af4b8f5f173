#include "runtime/io/storage/store_copy.hpp"

#include <sstream>

namespace aops::storage {

namespace {

/// `name keys flags | column…`; a column is `name`, with `:t` a text, with `:b` a blob, with `~` in
/// front one that is reset. Flags: `f` filled in a new store, `n` about nodes.
constexpr std::string_view shapes[] = {
  "meta 1 f | name:t version",
  "cluster_setting 1 | name:t value:t",
  "node 1 n | id:t incarnation address:t protocol state:t until_ms started_ms seen_ms http:t "
  "version:t hosts jobs",
  "lease 1 f | name:t ~holder:t epoch seq ~until_ms",
  "slot 1 f | slot ~node:t epoch seq ~target:t",
  "account 1 | n username:t password_hash:t role:t owner:t must_change_password created_ms",
  "session 1 | n token_hash:t account created_ms last_used_ms",
  "audit_log 1 | n time_ms username:t address:t action:t entity:t code detail:t",
  "host_group 1 | n owner:t name:t description:t",
  "group_grant 2 | account host_group",
  "host 1 | n id:t owner:t name:t ip:t host_group ssh_port management exporter_port slot status:t "
  "status_since_ms created_ms",
  "host_credential 1 | host body:b",
  "vault_verifier 1 | owner:t body:b",
  "content 1 | n digest:t kind:t body:t",
  "check_rule 1 | n owner:t check_item:t content created_ms updated_ms",
  "diag_tree 1 | n owner:t tree_name:t content description:t tags:t created_ms updated_ms",
  "host_cursor 1 | host since_ms until_ms rule_set_digest:t epoch",
  "deviation 3 | host check_item:t start_ms end_ms reason:t",
  "series 2 | host slot name:t labels:t",
  "sample 1 | n host time_ms bytes body:b",
  "sample_chunk 1 | n host from_ms until_ms bytes body:b",
  "check_result 1 | n owner:t host check_item:t origin mark start_ms end_ms value:t rule "
  "long_start_ms",
  "result_count 3 | owner:t host value:t total",
  "job 1 | n id:t kind:t owner:t username:t slot state:t epoch idempotency_key:t expected finished "
  "failed last_number stored created_ms deadline_ms plan_version plan:t",
  "job_unit 2 | job unit state:t attempts",
  "job_tree 2 | job position tree_name:t content",
  "report 1 | n report_id:t job number owner:t host_id:t tree_name:t tree start_ms end_ms",
  "report_body 1 | report node_values:b detail:t content_hash:t error:t",
};

column_shape column_of(std::string word) {
  column_shape out;
  if (word.front() == '~') {
    out.is_reset = true;
    word.erase(0, 1);
  }
  if (auto colon = word.find(':'); colon != std::string::npos) {
    out.what = word[colon + 1] == 'b' ? column_shape::kind::blob : column_shape::kind::text;
    word.resize(colon);
  }
  out.name = std::move(word);
  return out;
}

table_shape table_of(std::string_view text) {
  std::istringstream words{std::string{text}};
  table_shape out;
  std::string word;
  words >> out.name >> out.keys;
  while (words >> word && word != "|") {
    out.is_filled |= word == "f";
    out.is_copied &= word != "n";
  }
  while (words >> word)
    out.columns.push_back(column_of(std::move(word)));
  return out;
}

} // namespace

const std::vector<table_shape>& store_tables() {
  static const auto it = [] {
    std::vector<table_shape> out;
    for (auto text : shapes)
      out.push_back(table_of(text));
    return out;
  }();
  return it;
}

} // namespace aops::storage
