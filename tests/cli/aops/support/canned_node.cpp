#include "tests/cli/aops/support/canned_node.hpp"

#include "cli/aops/command/program.hpp"
#include "cli/aops/text/files.hpp"
#include "cli/aops/verbs/verbs.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <filesystem>
#include <stdlib.h>
#include <thread>

namespace aops::cli::tests {

namespace {

/// A self-signed certificate for 127.0.0.1, fresh each time.
struct identity {
  identity() : key(EVP_EC_gen("P-256")), certificate(X509_new()) {
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    auto* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(
      name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("127.0.0.1"), -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    auto* names = X509V3_EXT_conf_nid(nullptr, &context, NID_subject_alt_name, "IP:127.0.0.1");
    X509_add_ext(certificate, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(certificate, key, EVP_sha256());
  }
  ~identity() {
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  identity(const identity&) = delete;
  identity& operator=(const identity&) = delete;

  std::string fingerprint() const {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    X509_digest(certificate, EVP_sha256(), digest, &length);
    return fmt::format("{:02X}", fmt::join(digest, digest + length, ":"));
  }

  std::string pem() const {
    auto* memory = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(memory, certificate);
    char* data = nullptr;
    auto length = BIO_get_mem_data(memory, &data);
    std::string text(data, static_cast<size_t>(length));
    BIO_free(memory);
    return text;
  }

  EVP_PKEY* key;
  X509* certificate;
};

struct canned_answer {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::map<std::string, std::string> headers;
};

} // namespace

struct canned_node::inside {
  std::unique_ptr<identity> who;
  std::unique_ptr<httplib::Server> server;
  std::thread thread;
  int port = 0;
  std::string fingerprint, certificate;
  mutable std::mutex mutex; ///< Guards what follows.
  std::map<std::string, std::vector<canned_answer>> answers;
  std::vector<request_seen> seen;

  void handle(const httplib::Request& q, httplib::Response& r) {
    std::lock_guard lock(mutex);
    seen.push_back({q.method,
                    q.path,
                    q.get_header_value("Access-Token"),
                    q.get_header_value("Last-Event-ID"),
                    q.get_header_value("Idempotency-Key"),
                    json::parse(q.body, nullptr, false),
                    q.target});
    auto found = answers.find(q.path);
    if (found == answers.end()) {
      r.status = 404;
      return;
    }
    auto answer = found->second.front();
    if (found->second.size() > 1)
      found->second.erase(found->second.begin());
    r.status = answer.status;
    for (const auto& [name, value] : answer.headers)
      r.set_header(name, value);
    r.set_content(answer.body, answer.type);
  }
};

canned_node::canned_node(scheme how) : inside_(std::make_unique<inside>()) {
  if (how == scheme::https) {
    inside_->who = std::make_unique<identity>();
    inside_->fingerprint = inside_->who->fingerprint();
    inside_->certificate = inside_->who->pem();
    inside_->server =
      std::make_unique<httplib::SSLServer>(inside_->who->certificate, inside_->who->key);
  } else {
    inside_->server = std::make_unique<httplib::Server>();
  }
  auto& server = *inside_->server;
  auto handle = [in = inside_.get()](const httplib::Request& q, httplib::Response& r) {
    in->handle(q, r);
  };
  server.set_tcp_nodelay(true);
  server.Get(".*", handle);
  server.Post(".*", handle);
  server.Delete(".*", handle);
  inside_->port = server.bind_to_any_port("127.0.0.1");
  inside_->thread = std::thread([&server] { server.listen_after_bind(); });
  while (!server.is_running())
    std::this_thread::yield();
}

canned_node::~canned_node() {
  inside_->server->stop();
  inside_->thread.join();
}

std::string canned_node::url() const {
  return fmt::format("{}://127.0.0.1:{}", inside_->who ? "https" : "http", inside_->port);
}

const std::string& canned_node::fingerprint() const { return inside_->fingerprint; }
const std::string& canned_node::certificate() const { return inside_->certificate; }

void canned_node::answer(const std::string& path, json reply) {
  json whole = {{"code", 200}, {"msg", "operation succeed"}};
  whole.update(reply);
  std::lock_guard lock(inside_->mutex);
  inside_->answers[path].push_back({200, "application/json", to_line(whole), {}});
}

void canned_node::stream(const std::string& path, std::string body) {
  std::lock_guard lock(inside_->mutex);
  inside_->answers[path].push_back({200, "text/event-stream", std::move(body), {}});
}

void canned_node::answer_http(const std::string& path,
                              int status,
                              std::string body,
                              std::map<std::string, std::string> headers) {
  std::lock_guard lock(inside_->mutex);
  inside_->answers[path].push_back(
    {status, "application/json", std::move(body), std::move(headers)});
}

std::vector<request_seen> canned_node::seen() const {
  std::lock_guard lock(inside_->mutex);
  return inside_->seen;
}

request_seen canned_node::last(const std::string& path) const {
  auto all = seen();
  for (auto i = all.rbegin(); i != all.rend(); ++i)
    if (i->path == path)
      return *i;
  return {};
}

namespace {

std::string new_folder() {
  auto pattern = (std::filesystem::temp_directory_path() / "aops-cli-XXXXXX").string();
  return ::mkdtemp(pattern.data());
}

expected<std::string> take_front(std::vector<std::string>& from, ec when_empty) {
  if (from.empty())
    return fail(when_empty, "nothing there");
  auto first = from.front();
  from.erase(from.begin());
  return first;
}

} // namespace

test_console::test_console()
    : folder(new_folder()), verbs(all_verbs()),
      io{.out = out, .err = err, .env = {}, .now_s = {}, .pause = {}, .read_line = {}, .ask = {}} {
  variables["XDG_CONFIG_HOME"] = folder + "/config";
  io.env = [this](const char* name) {
    auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional<std::string>{found->second};
  };
  io.now_s = [] { return int64_t{1709294400}; };
  io.pause = [this](int ms) { waited_ms += ms; };
  io.read_line = [this] { return take_front(lines, ec::bad_request); };
  io.ask = [this](const std::string& question, bool) {
    questions.push_back(question);
    return take_front(answers, ec::not_found);
  };
}

test_console::~test_console() {
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

int test_console::run(std::vector<std::string> words) {
  out.str({});
  out.clear();
  err.str({});
  return run_program(io, "aops", verbs, words);
}

json test_console::printed() const { return json::parse(out.str(), nullptr, false); }

std::string test_console::file(const std::string& name, const std::string& text) const {
  auto path = folder + "/" + name;
  if (!write_file(path, text, 0600, true))
    throw std::runtime_error("cannot write " + path);
  return path;
}

} // namespace aops::cli::tests
