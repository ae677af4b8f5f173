#include "actors/logs/line_bulks.hpp"

#include "actors/logs/line_question.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/metrics.hpp"
#include "runtime/base/thread.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace aops::actors {

namespace {

using base::json;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::string_view health_subject = "logs";
constexpr size_t process_digits = 16, ids_of_one_question = 2'000, most_sources_known = 1'000'000;
/// Numbers of lines grow with time; the last bits tell nodes apart.
constexpr uint64_t numbers_of_microsecond = 1024;
constexpr milliseconds least_call{500};

thread_local bool is_too_long = false;

size_t random_below(size_t most) { return std::stoul(base::random_hex(4), nullptr, 16) % most; }

milliseconds until(steady_clock::time_point deadline) {
  return std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
}

} // namespace

bool line_bulks::was_too_long() { return is_too_long; }

line_bulks::line_bulks(opensearch_lines_config config)
    : config_(std::move(config)), run_(base::random_hex(process_digits)),
      next_n_(random_below(numbers_of_microsecond)) {
  stream_.name = config_.stream;
  stream_.shape = shape_of_documents(config_.replicas);
  stream_.keep_ms = config_.keep_ms;
  stream_.max_bytes = config_.max_bytes;
}

expected<std::unique_ptr<line_bulks>> line_bulks::open(opensearch_lines_config config) {
  std::unique_ptr<line_bulks> out{new line_bulks(std::move(config))};
  auto client = opensearch::search_client::start(out->config_.where);
  if (!client)
    return fail(std::move(client.error()));
  out->client_ = std::move(*client);
  auto started = base::start_thread("aops-log-bulk", [it = out.get()] { it->write_on(); });
  if (!started)
    return fail(std::move(started.error()));
  out->writer_ = std::move(*started);
  return out;
}

line_bulks::~line_bulks() {
  {
    std::lock_guard guard{mutex_};
    is_stopped_ = true;
  }
  wake_.notify_all();
  if (client_)
    client_->stop(); // Whom it waits for, it waits for no more.
  if (writer_.joinable())
    writer_.join();
  error why{ec::unreachable, "the node stops"};
  for (const auto& x : waiting_)
    tell(x, &why);
}

// -- taking in

expected<void> line_bulks::take(const std::string& host_id,
                                std::vector<logs::record> lines,
                                int64_t now_ns,
                                std::function<void(expected<lines_stored>)> then) {
  auto x = std::make_shared<batch>();
  x->then = std::move(then);
  x->deadline = steady_clock::now() + config_.patience;
  std::unordered_map<std::string, uint64_t> sources;
  auto first = static_cast<uint64_t>(now_ns / 1000) * numbers_of_microsecond;
  {
    std::lock_guard guard{mutex_};
    if (away_ && steady_clock::now() < try_again_)
      return fail(ec::overloaded, away_->detail);
    auto own = next_n_ % numbers_of_microsecond;
    first = std::max(first + own, next_n_ + numbers_of_microsecond);
    next_n_ = first + lines.size() * numbers_of_microsecond;
  }
  for (auto& line : lines) {
    auto [it, is_new] = sources.try_emplace(line.source, 0);
    if (is_new)
      it->second = line_source_hash(host_id, line.source);
    if (line.time_ns <= 0)
      line.time_ns = now_ns;
    auto& kept = x->lines.emplace_back();
    kept = {host_id, it->second, first, std::move(line)};
    auto id = document_id_of(kept);
    if (id.empty())
      id = fmt::format("{}{:016x}", run_, kept.n);
    x->documents.push_back({std::move(id), document_of(kept)});
    x->bytes += x->documents.back().source.size() * 2;
    first += numbers_of_microsecond;
  }
  x->open = x->lines.size();
  x->is_stored.assign(x->open, false);
  x->was_known.assign(x->open, false);
  {
    std::lock_guard guard{mutex_};
    if (is_stopped_ ||
        (!waiting_.empty() && waiting_bytes_ + x->bytes > config_.most_waiting_bytes))
      return fail(ec::overloaded, "too many lines wait to be stored");
    waiting_bytes_ += x->bytes;
    waiting_.push_back(std::move(x));
  }
  wake_.notify_one();
  return {};
}

void line_bulks::tell(const batch_ptr& x, const error* why) {
  if (!x->then)
    return;
  auto then = std::move(x->then);
  x->then = nullptr;
  if (why)
    return then(fail(*why));
  lines_stored out;
  for (size_t i = 0; i < x->lines.size(); ++i) {
    const auto& line = x->lines[i];
    bool was_known = x->was_known[i];
    ++(was_known ? out.duplicates : out.taken);
    out.places.push_back({{line.what.time_ns, was_known ? 0 : line.n}, line.source});
  }
  then(std::move(out));
}

// -- the thread that stores

void line_bulks::write_on() {
  for (;;) {
    auto batches = next_batches();
    if (batches.empty())
      return;
    write(std::move(batches));
  }
}

/// About as many as one bulk may have; none: it stops.
std::vector<line_bulks::batch_ptr> line_bulks::next_batches() {
  std::unique_lock guard{mutex_};
  wake_.wait(guard, [this] { return is_stopped_ || !waiting_.empty(); });
  std::vector<batch_ptr> out;
  if (is_stopped_)
    return out;
  size_t lines = 0, bytes = 0;
  while (!waiting_.empty() &&
         (out.empty() || (lines + waiting_.front()->lines.size() <= config_.bulk_lines &&
                          bytes + waiting_.front()->bytes / 2 <= config_.bulk_bytes))) {
    lines += waiting_.front()->lines.size();
    bytes += waiting_.front()->bytes / 2;
    waiting_bytes_ -= waiting_.front()->bytes;
    out.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return out;
}

void line_bulks::write(std::vector<batch_ptr> batches) {
  std::vector<place_in_batch> open;
  std::vector<copy_in_batch> copies;
  std::unordered_map<std::string_view, place_in_batch> first_of;
  for (const auto& x : batches)
    for (size_t i = 0; i < x->documents.size(); ++i) {
      auto [it, is_new] = first_of.try_emplace(x->documents[i].id, place_in_batch{x, i});
      if (is_new)
        open.push_back({x, i});
      else
        copies.push_back({{x, i}, it->second});
    }
  auto wait = config_.first_pause;
  for (;;) {
    auto stored = is_prepared_ ? expected<void>{} : prepare();
    if (stored)
      stored = settle_known(open);
    if (stored)
      stored = send(open);
    if (stored)
      note_back();
    settle_copies(copies, open);
    for (const auto& x : batches)
      if (x->open == 0)
        tell(x, nullptr);
    if (open.empty())
      return;
    error why =
      stored ? error{ec::overloaded, "the store takes no more lines at present"} : stored.error();
    auto now = steady_clock::now();
    if (!stored)
      note_away(why);
    error told{why == ec::overloaded ? ec::overloaded : ec::store_unreachable, why.detail};
    for (const auto& x : batches)
      if (x->open > 0 && x->deadline <= now + wait)
        tell(x, &told);
    settle_copies(copies, open);
    std::erase_if(open, [](const place_in_batch& x) { return !x.of->then; });
    if (open.empty())
      return;
    if (!pause(wait)) {
      error ends{ec::unreachable, "the node stops"};
      for (const auto& x : batches)
        tell(x, &ends);
      return;
    }
    wait = std::min(wait * 2, config_.last_pause);
  }
}

/// False when it stops.
bool line_bulks::pause(milliseconds how_long) {
  std::unique_lock guard{mutex_};
  return !wake_.wait_for(guard, how_long, [this] { return is_stopped_; });
}

void line_bulks::settle(const place_in_batch& x, bool is_known) const {
  if (x.of->is_stored[x.number])
    return;
  x.of->is_stored[x.number] = true;
  // What an attempt of ours may have stored is no repetition.
  x.of->was_known[x.number] = is_known && !x.was_tried;
  --x.of->open;
}

/// The same line twice at once: the second one is known when the first one is stored, and takes its
/// place when nobody waits for that any more.
void line_bulks::settle_copies(std::vector<copy_in_batch>& copies,
                               std::vector<place_in_batch>& open) const {
  std::erase_if(copies, [&](const copy_in_batch& x) {
    bool is_stored = x.first.of->is_stored[x.first.number], is_given_up = !x.first.of->then;
    if (is_stored)
      settle(x.copy, true);
    else if (is_given_up)
      open.push_back(x.copy);
    return is_stored || is_given_up;
  });
}

/// Lines that older indices of the stream have: `create` looks into the newest alone.
expected<void> line_bulks::settle_known(std::vector<place_in_batch>& open) {
  std::vector<std::string> ids;
  for (const auto& x : open) {
    const auto& line = x.of->lines[x.number];
    auto known = greatest_.find(line.source);
    bool is_beyond = known != greatest_.end() && line.what.offset > known->second;
    if (line.what.offset != logs::no_offset && !is_beyond)
      ids.push_back(x.of->documents[x.number].id);
  }
  std::unordered_set<std::string> there;
  for (size_t i = 0; i < ids.size(); i += ids_of_one_question) {
    std::vector<std::string> some{
      ids.begin() + static_cast<std::ptrdiff_t>(i),
      ids.begin() + static_cast<std::ptrdiff_t>(std::min(i + ids_of_one_question, ids.size()))};
    auto told = search(body_of_ids(some), config_.patience, size_t{16} << 20);
    if (!told)
      return fail(std::move(told.error()));
    const auto& hits = opensearch::value_in(*told, {"hits", "hits"});
    for (size_t k = 0; hits.is_array() && k < hits.size(); ++k)
      there.insert(opensearch::text_in(hits[k], {"_id"}));
  }
  std::erase_if(open, [&](const place_in_batch& x) {
    if (!there.contains(x.of->documents[x.number].id))
      return false;
    settle(x, true);
    return true;
  });
  return {};
}

expected<void> line_bulks::send(std::vector<place_in_batch>& open) {
  if (open.empty())
    return {};
  std::vector<const opensearch::bulk_document*> documents;
  auto patience = milliseconds::max();
  for (const auto& x : open) {
    documents.push_back(&x.of->documents[x.number]);
    patience = std::min(patience, until(x.of->deadline));
  }
  opensearch::search_call call;
  call.verb = "POST";
  call.path = fmt::format("/{}/_bulk", stream_.name);
  call.body = opensearch::bulk_body(documents);
  call.is_lines = true;
  call.patience = std::max(patience, least_call);
  auto told = client_->call(call);
  if (!told) {
    for (auto& x : open)
      x.was_tried = x.was_tried || told.error() != ec::permission_denied;
    return fail(std::move(told.error()));
  }
  if (told->status == 429)
    return fail(ec::overloaded,
                fmt::format("{} {}", client_->shown_url(), opensearch::reason_of(*told)));
  if (told->status >= 300) {
    is_prepared_ = false; // The template may be gone.
    return fail(ec::query_failed,
                fmt::format("{} {}", client_->shown_url(), opensearch::reason_of(*told)));
  }
  auto items = opensearch::read_bulk(told->body, open.size());
  if (!items)
    return fail(std::move(items.error()));
  has_unseen_ = true;
  std::vector<place_in_batch> left;
  std::string refusal;
  for (size_t i = 0; i < open.size(); ++i) {
    const auto& item = (*items)[i];
    if (item.fate == opensearch::item_fate::later || item.fate == opensearch::item_fate::refused) {
      if (item.fate == opensearch::item_fate::refused && refusal.empty())
        refusal = item.reason;
      left.push_back(open[i]);
      continue;
    }
    settle(open[i], item.fate == opensearch::item_fate::known);
    const auto& line = open[i].of->lines[open[i].number];
    if (!item.index.empty() && item.index != index_) { // Others may have written to the last one.
      greatest_.clear();
      index_ = item.index;
    }
    if (line.what.offset == logs::no_offset)
      continue;
    if (greatest_.size() >= most_sources_known)
      greatest_.clear();
    auto& greatest = greatest_.try_emplace(line.source, line.what.offset).first->second;
    greatest = std::max(greatest, line.what.offset);
  }
  open = std::move(left);
  if (!refusal.empty())
    return fail(ec::query_failed,
                fmt::format("{} refuses lines: {}", client_->shown_url(), refusal));
  return {};
}

// -- how it stands

expected<void> line_bulks::prepare() {
  auto server = opensearch::prepare_stream(*client_, stream_);
  if (!server)
    return fail(std::move(server.error()));
  is_prepared_ = true;
  log::info(
    "lines-ready", "kept by {} {} at {}", server->product, server->version, client_->shown_url());
  return {};
}

void line_bulks::note_away(const error& why) {
  bool is_news = false;
  {
    std::lock_guard guard{mutex_};
    is_news = !away_ || away_->detail != why.detail;
    away_ = why;
    try_again_ = steady_clock::now() + config_.last_pause / 5;
  }
  config_.health->impaired(health_subject, why.detail);
  if (is_news)
    log::error("lines-not-stored", "{}", why.detail);
}

void line_bulks::note_back() {
  {
    std::lock_guard guard{mutex_};
    if (!away_)
      return;
    away_.reset();
  }
  config_.health->recovered(health_subject);
  log::info("lines-stored-again", "{}", client_->shown_url());
}

expected<json>
line_bulks::search(std::string body, milliseconds patience, size_t most_bytes) const {
  is_too_long = false;
  if (has_unseen_.exchange(false)) {
    auto seen =
      client_->call({"GET", fmt::format("/{}/_refresh", stream_.name), {}, false, patience});
    if (!seen)
      has_unseen_ = true;
  }
  opensearch::search_call call;
  call.verb = "POST";
  call.path = fmt::format("/{}/_search", stream_.name);
  call.body = std::move(body);
  call.patience = patience;
  call.max_bytes = most_bytes;
  auto told = client_->call(call);
  if (!told) {
    is_too_long = told.error().detail.find("answers with more than") != std::string::npos;
    return fail(std::move(told.error()));
  }
  if (told->status == 404) // Nothing was written yet.
    return json::object();
  if (told->status >= 300 || !told->body.is_object())
    return fail(told->status == 429 ? ec::overloaded : ec::query_failed,
                fmt::format("{} {}", client_->shown_url(), opensearch::reason_of(*told)));
  return std::move(told->body);
}

expected<void> line_bulks::tidy(int64_t now_ms) {
  static auto bytes = metrics::gauge_of("aops_log_store_bytes", "Files of lines that hosts sent.");
  static auto files = metrics::gauge_of("aops_log_store_files", "How many files these are.");
  auto prepared = is_prepared_ ? expected<void>{} : prepare();
  auto standing = prepared ? opensearch::tidy_stream(*client_, stream_, now_ms)
                           : expected<opensearch::stream_standing>{fail(prepared.error())};
  if (!standing) {
    note_away(standing.error());
    return fail(ec::store_unreachable, standing.error().detail);
  }
  note_back();
  bytes.set(static_cast<double>(standing->bytes));
  files.set(static_cast<double>(standing->indices));
  return {};
}

} // namespace aops::actors
