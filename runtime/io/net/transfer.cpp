#include "runtime/io/net/transfer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

namespace aops::net {
namespace {

constexpr int max_redirects = 3;

template <class T>
T info(CURL* easy, CURLINFO what) {
  T value{};
  curl_easy_getinfo(easy, what, &value);
  return value;
}

/// A parsed URL; empty parts when it is none.
class url {
public:
  explicit url(const std::string& text) : parts_(curl_url()) {
    if (curl_url_set(parts_, CURLUPART_URL, text.c_str(), 0) != CURLUE_OK)
      curl_url_set(parts_, CURLUPART_URL, nullptr, 0);
  }
  ~url() { curl_url_cleanup(parts_); }
  url(const url&) = delete;
  url& operator=(const url&) = delete;

  std::string part(CURLUPart which) const {
    char* text = nullptr;
    if (curl_url_get(parts_, which, &text, CURLU_DEFAULT_PORT) != CURLUE_OK)
      return {};
    std::string result = text;
    curl_free(text);
    return result;
  }

  bool same_origin(const url& other) const {
    auto same = [&](CURLUPart which) { return part(which) == other.part(which); };
    return same(CURLUPART_SCHEME) && same(CURLUPART_HOST) && same(CURLUPART_PORT);
  }

private:
  CURLU* parts_;
};

} // namespace

std::string host_of(const std::string& text) {
  auto host = url(text).part(CURLUPART_HOST);
  bool is_bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  return is_bracketed ? host.substr(1, host.size() - 2) : host;
}

transfer::transfer(const http_multi_options& options) : easy_(curl_easy_init()) {
  if (!easy_)
    throw std::bad_alloc();
  curl_easy_setopt(easy_, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_, CURLOPT_PROXY, "");
  curl_easy_setopt(easy_, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy_, CURLOPT_USERAGENT, "aops");
  curl_easy_setopt(easy_, CURLOPT_BUFFERSIZE, 64L << 10);
  // Names are found before; libcurl would look through all addresses it knows at the end of each.
  curl_easy_setopt(easy_, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
  curl_easy_setopt(easy_, CURLOPT_MAXAGE_CONN, static_cast<long>(options.max_idle_age.count()));
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, curl_text_.data());
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &transfer::on_data);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  ca_file_ = options.ca_file;
  if (const char* usual = info<char*>(easy_, CURLINFO_CAINFO); usual && ca_file_.empty())
    ca_file_ = usual;
}

transfer::~transfer() {
  curl_easy_cleanup(easy_);
  curl_slist_free_all(headers_);
  curl_slist_free_all(connect_to_);
}

transfer* transfer::of(CURL* easy) {
  return reinterpret_cast<transfer*>(info<char*>(easy, CURLINFO_PRIVATE));
}

bool transfer::begin(submission s) {
  job_ = std::move(s);
  started_ = steady::now();
  set_options();
  return set_deadline();
}

void transfer::set_options() {
  const auto& what = job_.what;
  curl_easy_setopt(easy_, CURLOPT_URL, what.url.c_str());
  curl_easy_setopt(easy_, CURLOPT_ACCEPT_ENCODING, what.accept_gzip ? "gzip" : nullptr);
  if (const auto& ca = what.ca_file.empty() ? ca_file_ : what.ca_file; !ca.empty())
    curl_easy_setopt(easy_, CURLOPT_CAINFO, ca.c_str());
  if (what.post) {
    curl_easy_setopt(easy_, CURLOPT_POST, 1L);
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, what.body.data()); // Not copied: job_ outlives it.
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(what.body.size()));
    headers_ =
      curl_slist_append(headers_, "Expect:"); // No round trip to ask whether a body may come.
  } else {
    curl_easy_setopt(easy_, CURLOPT_HTTPGET, 1L);
  }
  curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, what.verb.empty() ? nullptr : what.verb.c_str());
  for (const auto& header : what.headers)
    headers_ = curl_slist_append(headers_, header.c_str());
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_);
  set_address();
}

/// Where to connect, whatever name stands in the URL; libcurl keeps it with the connection, which
/// serves nobody who wants another address.
void transfer::set_address() {
  curl_slist_free_all(std::exchange(connect_to_, nullptr));
  if (!job_.name.empty()) {
    const auto& address = (*job_.found)[address_];
    bool is_ipv6 = address.find(':') != std::string::npos;
    auto whom = "::" + (is_ipv6 ? "[" + address + "]" : address) + ":";
    connect_to_ = curl_slist_append(nullptr, whom.c_str());
  }
  curl_easy_setopt(easy_, CURLOPT_CONNECT_TO, connect_to_);
}

bool transfer::set_deadline() {
  auto spent =
    std::chrono::duration_cast<std::chrono::milliseconds>(steady::now() - job_.submitted);
  auto left = job_.what.total_timeout - spent;
  if (left.count() <= 0)
    return false;
  auto connect = std::clamp(job_.what.connect_timeout, std::chrono::milliseconds{1}, left);
  curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect.count()));
  return true;
}

bool transfer::redirect() {
  long status = info<long>(easy_, CURLINFO_RESPONSE_CODE);
  const char* target = info<char*>(easy_, CURLINFO_REDIRECT_URL);
  if (status / 100 != 3 || !target || job_.what.post || !job_.what.verb.empty() ||
      redirects_ == max_redirects)
    return false;
  std::string next = target;
  if (!url(next).same_origin(url(job_.what.url)))
    return false;
  ++redirects_;
  answer_ = {};
  job_.what.url = std::move(next);
  curl_easy_setopt(easy_, CURLOPT_URL, job_.what.url.c_str());
  return set_deadline();
}

bool transfer::other_address(CURLcode code) {
  bool is_connected = info<curl_off_t>(easy_, CURLINFO_CONNECT_TIME_T) > 0;
  bool may_help = code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT;
  if (job_.name.empty() || is_connected || !may_help || address_ + 1 >= job_.found->size())
    return false;
  ++address_;
  curl_text_[0] = '\0';
  set_address();
  return set_deadline();
}

std::optional<std::pair<std::string, std::string>> transfer::better_address() const {
  if (address_ == 0)
    return {};
  return std::pair{job_.name, (*job_.found)[address_]};
}

size_t transfer::on_data(char* data, size_t size, size_t count, void* self) {
  return static_cast<transfer*>(self)->append(data, size * count);
}

size_t transfer::append(const char* data, size_t n) {
  auto& body = answer_.body;
  auto limit = job_.what.max_bytes;
  if (body.empty()) {
    other_content_ = has_other_content();
    auto announced = info<curl_off_t>(easy_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T);
    auto length =
      std::max(static_cast<size_t>(std::max<curl_off_t>(announced, 0)), job_.what.size_hint);
    too_large_ = announced > 0 && static_cast<size_t>(announced) > limit;
    if (!too_large_ && !other_content_)
      body.reserve(std::min(length, limit));
  }
  too_large_ = too_large_ || body.size() + n > limit;
  if (too_large_ || other_content_)
    return 0; // Anything but n makes libcurl give up.
  body.append(data, n);
  return n;
}

bool transfer::has_other_content() const {
  const auto& wanted = job_.what.expect_content;
  const char* type = info<char*>(easy_, CURLINFO_CONTENT_TYPE);
  bool success = info<long>(easy_, CURLINFO_RESPONSE_CODE) / 100 == 2;
  return success && type && !std::string_view(type).starts_with(wanted);
}

reply transfer::outcome(CURLcode code) {
  reply r;
  r.took = std::chrono::duration_cast<std::chrono::microseconds>(steady::now() - started_);
  r.too_large = too_large_;
  if (code != CURLE_OK || other_content_) {
    r.result = fail(failure(code));
    return r;
  }
  answer_.status = static_cast<int>(info<long>(easy_, CURLINFO_RESPONSE_CODE));
  if (const char* type = info<char*>(easy_, CURLINFO_CONTENT_TYPE))
    answer_.content_type = type;
  r.result = std::move(answer_);
  return r;
}

/// What the peer did, to be read after its name: `refused the connection at 192.0.2.1:9100`.
error transfer::failure(CURLcode code) const {
  if (too_large_)
    return {ec::query_failed,
            fmt::format("answers with more than {} bytes at {}", job_.what.max_bytes, peer())};
  if (other_content_)
    return {ec::query_failed,
            fmt::format("answers with no {} at {}", job_.what.expect_content, peer())};
  std::string text = curl_text_[0] != '\0' ? curl_text_.data() : curl_easy_strerror(code);
  bool is_connected = info<curl_off_t>(easy_, CURLINFO_CONNECT_TIME_T) > 0;
  auto problem = info<long>(easy_, CURLINFO_OS_ERRNO);
  // The limit, not what was measured: the text is the same as long as the cause is.
  std::chrono::duration<double> limit =
    is_connected ? job_.what.total_timeout
                 : std::min(job_.what.connect_timeout, job_.what.total_timeout);
  switch (code) {
  case CURLE_OPERATION_TIMEDOUT:
    return {ec::timed_out,
            fmt::format("{} within {} s at {}",
                        is_connected ? "did not answer" : "did not take a connection",
                        limit.count(),
                        peer())};
  case CURLE_COULDNT_CONNECT:
    if (problem == ECONNREFUSED)
      return {ec::unreachable, "refused the connection at " + peer()};
    return {ec::unreachable,
            fmt::format("could not be reached at {}: {}",
                        peer(),
                        problem == 0 ? curl_easy_strerror(code)
                                     : std::strerror(static_cast<int>(problem)))};
  case CURLE_URL_MALFORMAT:
  case CURLE_UNSUPPORTED_PROTOCOL:
    return {ec::bad_request, "has no URL to be asked at: " + text};
  case CURLE_ABORTED_BY_CALLBACK:
    return {ec::cancelled, "was not asked at " + peer() + ": stopped"};
  case CURLE_GOT_NOTHING:
    return {ec::unreachable, "closed the connection without an answer at " + peer()};
  default:
    return {ec::unreachable, fmt::format("could not be read at {}: {}", peer(), text)};
  }
}

/// Host and port, and of a name the address: a whole URL may hold a password.
std::string transfer::peer() const {
  url parsed(job_.what.url);
  auto out = parsed.part(CURLUPART_HOST) + ":" + parsed.part(CURLUPART_PORT);
  return job_.name.empty() || !job_.found ? out
                                          : fmt::format("{} ({})", out, (*job_.found)[address_]);
}

long transfer::connects() const { return info<long>(easy_, CURLINFO_NUM_CONNECTS); }

void transfer::clear() {
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, nullptr);
  curl_easy_setopt(easy_, CURLOPT_CONNECT_TO, nullptr);
  curl_slist_free_all(headers_);
  headers_ = nullptr;
  curl_text_[0] = '\0';
  job_ = {};
  address_ = 0;
  answer_ = {};
  redirects_ = 0;
  too_large_ = other_content_ = false;
}

} // namespace aops::net
