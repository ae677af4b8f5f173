#include "runtime/core/tracing/compare.hpp"

#include "runtime/base/fitting.hpp"
#include "runtime/base/secret_mask.hpp"
#include "runtime/core/task/line_diff.hpp"
#include "runtime/core/tracing/source_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

namespace aops::tracing {

namespace {

constexpr std::array<std::string_view, 3> state_names = {
  "SYNCHRONIZED", "NOT SYNCHRONIZE", "NOT FOUND"};
constexpr std::array<std::string_view, 3> kind_names = {"added", "removed", "changed"};
constexpr std::array<std::string_view, 5> secret_words = {
  "password", "passwd", "passphrase", "secret", "token"};

/// How much of a value a line for people has.
constexpr size_t most_line_value = 120;

/// At most so many bytes, not within a character.
std::string cut(std::string_view text, size_t most) {
  auto shown = base::fitting(text, most);
  return std::string{shown} + (shown.size() < text.size() ? "…" : "");
}

/// What of a model the comparison goes by.
struct rules {
  explicit rules(const syntax& x) : how(x) {
    // Where an option may stand several times, one value is the list of it.
    single_is_list = how.type == file_type::ini || how.type == file_type::key_value ||
                     how.type == file_type::sshd || how.type == file_type::table ||
                     how.type == file_type::xml;
  }

  std::string folded(const std::string& name) const { return how.ignore_case ? lower(name) : name; }

  const syntax& how;
  bool single_is_list = false;
  std::unordered_set<std::string> unordered;
  std::unordered_set<std::string> secrets; ///< In small letters.
};

bool is_secret(std::string_view name, const rules& by) {
  auto small = lower(name);
  auto bare = std::string_view{small}.substr(small.starts_with('@') ? 1 : 0);
  return by.secrets.contains(std::string{bare}) ||
         std::any_of(secret_words.begin(), secret_words.end(), [&](std::string_view word) {
           return bare.ends_with(word);
         });
}

/// Whether a line has a word that is a secret's: `db_password`, neither `NOPASSWD` nor
/// `passwd_tries`.
bool tells_secret(const std::string& line, const rules& by) {
  auto small = lower(line);
  auto is_part = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  auto is_in = [&](std::string_view word) {
    for (auto at = small.find(word); at != small.npos; at = small.find(word, at + 1)) {
      auto end = at + word.size();
      bool begins =
        at == 0 || !is_part(small[at - 1]) || small[at - 1] == '_' || small[at - 1] == '-';
      if (begins && (end == small.size() || !is_part(small[end])))
        return true;
    }
    return false;
  };
  return std::any_of(secret_words.begin(), secret_words.end(), is_in) ||
         std::any_of(by.secrets.begin(), by.secrets.end(), is_in);
}

json masked(const json& x, const rules& by) {
  if (x.is_array()) {
    auto out = json::array();
    for (const auto& item : x)
      out.push_back(masked(item, by));
    return out;
  }
  if (!x.is_object())
    return x;
  auto out = json::object();
  for (const auto& [name, value] : x.items())
    append_member(out, name, is_secret(name, by) ? json(base::masked_secret) : masked(value, by));
  return out;
}

using members_by_name = std::unordered_map<std::string, const json*>;

/// Whether values are the same, in one pass.
class equality {
public:
  explicit equality(const rules& by) : by_(by) {}

  /// The items of a list; a single value is the list of it.
  static std::vector<const json*> items_of(const json& x) {
    std::vector<const json*> out;
    if (x.is_array())
      for (const auto& item : x)
        out.push_back(&item);
    else
      out.push_back(&x);
    return out;
  }

  /// An option that stands no times.
  bool is_none(const json& x) const { return by_.single_is_list && x.is_array() && x.empty(); }

  bool are_lists(const json& a, const json& b) const {
    return (a.is_array() && b.is_array()) || (by_.single_is_list && (a.is_array() || b.is_array()));
  }

  members_by_name members(const json& object) const {
    members_by_name out;
    for (const auto& [name, value] : object.items())
      if (!is_none(value))
        out.emplace(by_.folded(name), &value);
    return out;
  }

  bool is_unordered(const std::string& name) const {
    return by_.unordered.contains(by_.folded(name));
  }

  bool scalars(const json& a, const json& b) const {
    if (by_.how.collapse_blanks && a.is_string() && b.is_string())
      return collapsed(a.get_ref<const std::string&>()) ==
             collapsed(b.get_ref<const std::string&>());
    return a == b;
  }

  bool values(const json& a, const json& b, const std::string& name) const {
    if (a.is_object() && b.is_object())
      return objects(a, b);
    if (!are_lists(a, b))
      return !a.is_object() && !b.is_object() && scalars(a, b);
    auto olds = items_of(a), news = items_of(b);
    if (is_unordered(name))
      return sorted(olds) == sorted(news);
    return std::equal(
      olds.begin(), olds.end(), news.begin(), news.end(), [&](const json* x, const json* y) {
        return values(*x, *y, {});
      });
  }

  std::vector<std::string> sorted(const std::vector<const json*>& items) const {
    std::vector<std::string> out;
    for (const auto* x : items) {
      // Items that are objects may have their members in any order.
      auto text = nlohmann::json(*x).dump(-1, ' ', false, json::error_handler_t::replace);
      out.push_back(by_.how.collapse_blanks ? collapsed(text) : std::move(text));
    }
    std::sort(out.begin(), out.end());
    return out;
  }

private:
  bool objects(const json& a, const json& b) const {
    auto olds = members(a), news = members(b);
    // Names that the rules make one are a fault of who wrote them.
    if (olds.size() != news.size() ||
        (by_.how.ignore_case && (olds.size() != count(a) || news.size() != count(b))))
      return false;
    return std::all_of(olds.begin(), olds.end(), [&](const auto& x) {
      auto other = news.find(x.first);
      return other != news.end() && values(*x.second, *other->second, x.first);
    });
  }

  size_t count(const json& object) const {
    return static_cast<size_t>(
      std::count_if(object.begin(), object.end(), [&](const json& x) { return !is_none(x); }));
  }

  const rules& by_;
};

/// Finds differences; counts all of them, keeps some.
class differ {
public:
  explicit differ(const rules& by) : by_(by), equality_(by) {}

  void run(const json& a, const json& b) {
    if (by_.how.type == file_type::text)
      lines(a, b);
    else
      values(a, b);
  }

  comparison take() { return std::move(out_); }

private:
  void values(const json& a, const json& b) {
    if (a.is_object() && b.is_object())
      objects(a, b);
    else if (equality_.are_lists(a, b))
      lists(a, b);
    else if (a.is_object() || b.is_object() || !equality_.scalars(a, b))
      note(change_kind::changed, &a, &b);
  }

  void objects(const json& a, const json& b) {
    auto others = equality_.members(b);
    std::unordered_set<std::string> seen;
    for (const auto& [name, value] : a.items()) {
      if (equality_.is_none(value))
        continue;
      auto key = by_.folded(name);
      auto other = others.find(key);
      path_.push_back(name);
      if (other == others.end() || seen.contains(key))
        note(change_kind::removed, &value, nullptr);
      else
        values(value, *other->second);
      path_.pop_back();
      seen.insert(std::move(key));
    }
    for (const auto& [name, value] : b.items()) {
      if (equality_.is_none(value) || !seen.insert(by_.folded(name)).second)
        continue;
      path_.push_back(name);
      note(change_kind::added, nullptr, &value);
      path_.pop_back();
    }
  }

  static bool is_short(const std::vector<const json*>& all) {
    constexpr size_t most = 16;
    return all.size() <= most &&
           std::all_of(all.begin(), all.end(), [](const json* x) { return x->is_primitive(); });
  }

  void lists(const json& a, const json& b) {
    auto olds = equality::items_of(a), news = equality::items_of(b);
    if (!path_.empty() && equality_.is_unordered(path_.back())) {
      if (equality_.sorted(olds) != equality_.sorted(news))
        note(change_kind::changed, &a, &b);
      return;
    }
    auto match = match_lists(olds.size(), news.size(), [&](size_t i, size_t j) {
      return equality_.values(*olds[i], *news[j], {});
    });
    if (match.head == olds.size() && olds.size() == news.size())
      return;
    if (by_.single_is_list && is_short(olds) && is_short(news)) {
      note(change_kind::changed, &a, &b);
      return;
    }
    auto old_end = olds.size() - match.tail, new_end = news.size() - match.tail;
    for (auto i = match.head; i < std::max(old_end, new_end); ++i) {
      path_.push_back(fmt::format("[{}]", i));
      if (i >= new_end)
        note(change_kind::removed, olds[i], nullptr);
      else if (i >= old_end)
        note(change_kind::added, nullptr, news[i]);
      else
        values(*olds[i], *news[i]);
      path_.pop_back();
    }
  }

  static std::vector<std::string> lines_of(const json& x) {
    std::vector<std::string> out;
    if (auto found = x.is_object() ? x.find("lines") : x.end(); found != x.end())
      if (found->is_array())
        for (const auto& line : *found)
          out.push_back(line.is_string() ? line.get<std::string>() : line.dump());
    return out;
  }

  void lines(const json& a, const json& b) {
    auto olds = lines_of(a), news = lines_of(b);
    auto text_of = [](const std::vector<std::string>& all) {
      return all.empty() ? std::string{} : fmt::format("{}\n", fmt::join(all, "\n"));
    };
    auto old_text = text_of(olds), new_text = text_of(news);
    auto edits = task::line_edits(old_text, new_text);
    size_t i = 0, j = 0;
    for (size_t at = 0; at < edits.size();) {
      if (edits[at].what == ' ') {
        ++at, ++i, ++j;
        continue;
      }
      // What goes and what comes at one place is what changed.
      std::vector<std::string_view> gone, come;
      for (; at < edits.size() && edits[at].what != ' '; ++at)
        (edits[at].what == '-' ? gone : come).push_back(edits[at].line);
      for (size_t k = 0; k < std::max(gone.size(), come.size()); ++k) {
        auto place = k < come.size() ? j + k : i + k;
        path_ = {"lines", fmt::format("[{}]", place)};
        json before(k < gone.size() ? gone[k] : ""), after(k < come.size() ? come[k] : "");
        note(k >= gone.size()   ? change_kind::added
             : k >= come.size() ? change_kind::removed
                                : change_kind::changed,
             k < gone.size() ? &before : nullptr,
             k < come.size() ? &after : nullptr);
      }
      i += gone.size();
      j += come.size();
    }
    path_.clear();
  }

  json shown(const json& x, bool is_hidden) const {
    if (is_hidden || (by_.how.type == file_type::text && x.is_string() &&
                      tells_secret(x.get<std::string>(), by_)))
      return base::masked_secret;
    auto out = masked(x, by_);
    auto text = out.is_string() ? out.get<std::string>()
                                : out.dump(-1, ' ', false, json::error_handler_t::replace);
    return text.size() <= most_shown_bytes ? out : json(cut(text, most_shown_bytes));
  }

  void note(change_kind kind, const json* before, const json* after) {
    ++out_.total;
    if (out_.differences.size() >= most_differences)
      return;
    bool is_hidden = std::any_of(
      path_.begin(), path_.end(), [&](const std::string& x) { return is_secret(x, by_); });
    difference x{path_, kind, std::nullopt, std::nullopt};
    if (before)
      x.before = shown(*before, is_hidden);
    if (after)
      x.after = shown(*after, is_hidden);
    out_.differences.push_back(std::move(x));
  }

  const rules& by_;
  equality equality_;
  std::vector<std::string> path_;
  comparison out_;
};

rules rules_of(const model& x) {
  rules out{x.how};
  for (const auto& name : x.unordered)
    out.unordered.insert(out.folded(name));
  for (const auto& name : x.secrets)
    out.secrets.insert(lower(name));
  return out;
}

/// A value in a line for people.
std::string shown_value(const json& x) {
  std::string out;
  if (x.is_string()) {
    out = x.get<std::string>();
  } else if (x.is_array() && std::all_of(x.begin(), x.end(), [](const json& item) {
               return item.is_primitive();
             })) {
    for (const auto& item : x)
      out.append(out.empty() ? "" : ", ").append(shown_value(item));
  } else {
    out = x.dump(-1, ' ', false, json::error_handler_t::replace);
  }
  for (auto& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      c = ' ';
  return out.empty() ? "\"\"" : cut(out, most_line_value);
}

} // namespace

bool same_values(const json& a, const json& b, const syntax& how) {
  rules by{how};
  return equality{by}.values(a, b, {});
}

std::string_view to_string(sync_state x) { return state_names[static_cast<size_t>(x)]; }

bool from_text(std::string_view text, sync_state& to) {
  auto found = std::find(state_names.begin(), state_names.end(), text);
  if (found == state_names.end())
    return false;
  to = static_cast<sync_state>(found - state_names.begin());
  return true;
}

std::string_view to_string(change_kind x) { return kind_names[static_cast<size_t>(x)]; }

std::string to_string(const std::vector<std::string>& path) {
  std::string out;
  for (const auto& part : path) {
    if (!part.empty() && !out.empty() && part[0] != '[')
      out += '.';
    out += part;
  }
  return out;
}

std::string to_string(const difference& x) {
  auto path = x.path.empty() ? "document" : shown_value(to_string(x.path));
  auto with = [&](const std::optional<json>& value) {
    // An option without a value is its name alone.
    return !value || value->is_null() ? path : fmt::format("{}: {}", path, shown_value(*value));
  };
  switch (x.kind) {
  case change_kind::added:
    return "+ " + with(x.after);
  case change_kind::removed:
    return "- " + with(x.before);
  case change_kind::changed:
    break;
  }
  return fmt::format("{}: {} → {}",
                     path,
                     shown_value(x.before.value_or(json(nullptr))),
                     shown_value(x.after.value_or(json(nullptr))));
}

comparison compare(const json& before, const json& after, const model& by) {
  auto all = rules_of(by);
  differ x{all};
  x.run(before, after);
  return x.take();
}

std::string summary(const comparison& x, size_t most) {
  std::string out;
  auto shown = std::min(most, x.differences.size());
  for (size_t i = 0; i < shown; ++i)
    out.append(i == 0 ? "" : "; ").append(to_string(x.differences[i]));
  if (x.total > shown)
    out += shown == 0 ? fmt::format("{} differences", x.total)
                      : fmt::format("; and {} more", x.total - shown);
  return out;
}

std::string item_status::text() const {
  if (!reason.empty())
    return reason;
  return found.total > 0 ? summary(found) : std::string{to_string(state)};
}

item_status
status_of(const json& expected, const std::optional<std::string_view>& real, const model& by) {
  item_status out;
  if (!real)
    return out;
  out.state = sync_state::not_synchronized;
  auto is = parse(*real, by.how);
  if (!is) {
    out.reason = is.error().detail;
    return out;
  }
  out.found = compare(expected, is->values(), by);
  if (out.found.is_same())
    out.state = sync_state::synchronized;
  return out;
}

} // namespace aops::tracing
