#include "runtime/io/storage/content_repository.hpp"

#include "runtime/base/canonical_json.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/json_codec.hpp"

#include <mutex>
#include <unordered_map>

namespace aops::storage {

namespace {

/// Rules decoded lately. A list of results shows the same few rules over and over.
class rule_memory {
public:
  std::shared_ptr<const check_rule> find(std::string_view digest) {
    std::lock_guard guard{mutex_};
    auto i = rules_.find(std::string{digest});
    return i == rules_.end() ? nullptr : i->second;
  }
  void keep(std::string_view digest, std::shared_ptr<const check_rule> rule) {
    std::lock_guard guard{mutex_};
    if (rules_.size() >= most)
      rules_.clear();
    rules_.emplace(digest, std::move(rule));
  }

private:
  static constexpr size_t most = 4096;
  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<const check_rule>> rules_;
};

rule_memory& recent_rules() {
  static rule_memory it;
  return it;
}

} // namespace

rule_content content_of(const check_rule& rule) {
  rule_content out;
  out.text = base::canonical_json(base::encode(rule));
  out.digest = base::sha256_hex(out.text);
  return out;
}

expected<std::string> tree_digest(std::string_view tree_content) {
  auto document = base::parse_json(tree_content);
  if (!document)
    return fail(ec::bad_request, "tree_content: " + document.error().detail);
  return base::sha256_hex(base::canonical_json(*document));
}

expected<std::shared_ptr<const check_rule>> decode_rule(std::string_view digest,
                                                        std::string_view text) {
  if (auto known = recent_rules().find(digest))
    return known;
  auto rule = base::decode_text<check_rule>(text);
  if (!rule)
    return fail(ec::corrupt, "stored rule " + std::string{digest} + ": " + rule.error().detail);
  auto shared = std::make_shared<const check_rule>(std::move(*rule));
  recent_rules().keep(digest, shared);
  return shared;
}

expected<int64_t>
content_repository::intern(std::string_view digest, std::string_view kind, std::string_view text) {
  auto known = db_.integer("select n from content where digest = ?", digest);
  if (!known)
    return fail(std::move(known.error()));
  if (*known)
    return **known;
  auto added =
    db_.run(db_.sql().insert_ignore("content", {"digest"}, {"kind", "body"}), digest, kind, text);
  if (!added)
    return added;
  return key_of(digest);
}

expected<int64_t> content_repository::key_of(std::string_view digest) {
  auto known = db_.integer("select n from content where digest = ?", digest);
  if (!known)
    return fail(std::move(known.error()));
  if (!*known)
    return fail(ec::not_found, "content " + std::string{digest});
  return **known;
}

expected<by_text<int64_t>> content_repository::keys_of(const std::vector<std::string>& digests) {
  auto keys =
    rows_of_texts(db_, "select digest, n from content", "digest", digests, [](const row& r) {
      return r.integer(1);
    });
  if (keys)
    if (const auto* missing = first_without(*keys, digests))
      return fail(ec::not_found, "content " + *missing);
  return keys;
}

expected<std::string> content_repository::text_of(std::string_view digest) {
  auto found = db_.first(
    "select body from content where digest = ?", [](const row& r) { return r.string(0); }, digest);
  if (!found)
    return fail(std::move(found.error()));
  if (!*found)
    return fail(ec::not_found, "content " + std::string{digest});
  return std::move(**found);
}

} // namespace aops::storage
