#include "cli/aops/verbs/cluster_ca.hpp"

#include "cli/aops/command/session.hpp"
#include "cli/aops/text/files.hpp"
#include "cli/aops/text/language.hpp"
#include "runtime/base/authority.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <ostream>

namespace aops::cli {

namespace {

constexpr unsigned public_mode = 0644, secret_mode = 0600;
constexpr int64_t authority_days = 3650, node_days = 365;

std::string file_of(const session& s, const std::string& name) {
  return (std::filesystem::path{s.args.text("ca_dir")} / name).string();
}

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

int64_t days_or(const session& s, int64_t otherwise) {
  return s.args.has("days") ? s.args.whole("days") : otherwise;
}

/// The files that were written, as lines or in the form that was asked for.
int told(session& s, const json& files, std::string_view hint) {
  if (s.wants_data()) {
    s.print_json(files);
    return exit_done;
  }
  for (const auto& [what, path] : files.items())
    s.io.out << fmt::format("{:<12} {}\n", what, path.get<std::string>());
  s.io.out << translated(hint);
  return exit_done;
}

expected<base::key_pair> read_authority(const session& s) {
  auto certificate = read_file(file_of(s, "ca.pem"));
  if (!certificate)
    return fail(ec::bad_request,
                tr("{} (make one with `aops cluster ca init`)", certificate.error().detail));
  auto key = read_file(file_of(s, "ca.key"));
  if (!key)
    return fail(key.error());
  return base::key_pair{std::move(*certificate), std::move(*key)};
}

/// The key first: a certificate without one would look complete.
expected<void> write_pair(const session& s, const std::string& name, const base::key_pair& pair) {
  if (auto done = write_file(file_of(s, name + ".key"), pair.key, secret_mode, true); !done)
    return done;
  return write_file(file_of(s, name + ".pem"), pair.certificate, public_mode);
}

expected<void> write_list(const session& s,
                          const base::key_pair& authority,
                          const std::string& old_list,
                          const std::string& certificate) {
  auto list = base::revoke_certificate(authority, old_list, certificate);
  if (!list)
    return fail(list.error());
  return write_file(file_of(s, "crl.pem"), *list, public_mode);
}

int init(session& s) {
  if (exists(file_of(s, "ca.pem")) || exists(file_of(s, "ca.key")))
    return s.complain(
      {ec::conflict, tr("{} is there already; nothing is changed", file_of(s, "ca.pem"))});
  auto name = s.args.text("node").empty() ? std::string{"aops-cluster"} : s.args.text("node");
  auto made = base::make_authority(name, days_or(s, authority_days));
  if (!made)
    return s.complain(made.error());
  if (auto done = write_pair(s, "ca", *made); !done)
    return s.complain(done.error());
  if (auto done = write_list(s, *made, {}, {}); !done)
    return s.complain(done.error());
  return told(
    s,
    {{"authority", file_of(s, "ca.pem")},
     {"key", file_of(s, "ca.key")},
     {"revoked", file_of(s, "crl.pem")}},
    tr_later("Keep the key off the nodes. Next: aops cluster ca issue NAME --address HOST\n"));
}

/// A name that is a file name, too.
expected<std::string> new_node_name(const session& s, const char* action) {
  auto name = s.args.text("node");
  if (name.empty())
    return fail(ec::bad_request, tr("{} needs a name: aops cluster ca {} NAME", action, action));
  if (name == "ca" || name == "crl" || name.front() == '.' || name.find('/') != name.npos)
    return fail(ec::bad_request, tr("not a name for a node: {}", name));
  return name;
}

int issue(session& s) {
  auto name = new_node_name(s, "issue");
  if (!name)
    return s.complain(name.error());
  auto addresses = s.args.list("address");
  if (!addresses)
    return s.complain(addresses.error());
  auto authority = read_authority(s);
  if (!authority)
    return s.complain(authority.error());
  if (exists(file_of(s, *name + ".pem")) && !s.args.on("renew"))
    return s.complain({ec::conflict,
                       tr("{} is there already; --renew replaces it (revoke a lost one first)",
                          file_of(s, *name + ".pem"))});
  base::certificate_wish wish;
  wish.name = *name;
  wish.addresses = *addresses;
  wish.days = days_or(s, node_days);
  auto pair = base::issue_certificate(*authority, wish);
  if (!pair)
    return s.complain(pair.error());
  if (auto done = write_pair(s, *name, *pair); !done)
    return s.complain(done.error());
  return told(
    s,
    {{"certificate", file_of(s, *name + ".pem")},
     {"key", file_of(s, *name + ".key")},
     {"authority", file_of(s, "ca.pem")},
     {"revoked", file_of(s, "crl.pem")}},
    tr_later(
      "Copy these to the node and name them in section [cluster] as certificate, key, ca and "
      "revoked.\n"));
}

int revoke_node(session& s) {
  auto name = new_node_name(s, "revoke");
  if (!name)
    return s.complain(name.error());
  auto authority = read_authority(s);
  if (!authority)
    return s.complain(authority.error());
  auto certificate = read_file(file_of(s, *name + ".pem"));
  if (!certificate)
    return s.complain(certificate.error());
  auto path = file_of(s, "crl.pem");
  auto list = exists(path) ? read_file(path) : expected<std::string>{};
  if (!list)
    return s.complain(list.error());
  if (auto done = write_list(s, *authority, *list, *certificate); !done)
    return s.complain(done.error());
  return told(
    s,
    {{"revoked", path}},
    tr_later("Copy it to every node as cluster.revoked, by rename; links of the revoked end within "
             "seconds.\n"));
}

} // namespace

int run_cluster_ca(session& s) {
  const auto& what = s.args.text("ca");
  if (s.args.has("days") && (s.args.whole("days") < 1 || s.args.whole("days") > 36500))
    return s.misuse(tr("--days: 1 to 36500"));
  if (what == "init")
    return init(s);
  if (what == "issue")
    return issue(s);
  if (what == "revoke")
    return revoke_node(s);
  return s.misuse(tr("what to do with the authority: aops cluster ca init|issue|revoke"));
}

} // namespace aops::cli
