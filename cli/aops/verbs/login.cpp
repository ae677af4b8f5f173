#include "cli/aops/command/session.hpp"
#include "cli/aops/net/contexts.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"
#include "cli/aops/verbs/verbs.hpp"
#include "messages/account.hpp"
#include "messages/return_code.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <ostream>

namespace aops::cli {

namespace {

constexpr int default_password_code = outcome_of(ec::default_password).return_code;

/// True when the person at the terminal recognises the certificate.
expected<void> ask_about(session& s, const std::string& origin, const std::string& fingerprint) {
  auto answer =
    s.io.ask(tr("{} shows a certificate that is not known here.\nSHA-256 fingerprint {}\n"
                "Trust it from now on? [yes/no] ",
                origin,
                fingerprint),
             false);
  if (answer && (*answer == "yes" || *answer == "y"))
    return {};
  if (answer)
    return fail(ec::permission_denied, tr("the certificate was not accepted"));
  if (answer.error() == ec::cancelled)
    return fail(answer.error());
  return fail(ec::unreachable,
              tr("{}: its certificate is not known here (SHA-256 {}); compare it and give "
                 "--trust, or --cacert FILE",
                 origin,
                 fingerprint));
}

/// Decides which certificate the node must show from now on; no password is sent before.
expected<void> settle_trust(session& s, connection& to) {
  bool has_authority = to.whom.how == trust::kind::file;
  bool is_known = to.whom.how == trust::kind::pinned && !s.args.on("trust");
  if (!to.where.tls || has_authority || is_known)
    return {};
  auto seen = client(to).look_at_certificate();
  if (!seen)
    return fail(seen.error());
  if (!s.args.on("trust") && !is_loopback(to.where.host))
    if (auto accepted = ask_about(s, to.where.origin(), *seen); !accepted)
      return accepted;
  to.whom = {trust::kind::pinned, {}, *seen};
  return {};
}

std::string url_of(const target& where) { return where.origin() + where.prefix; }

/// The first is the one that was logged in at.
expected<void> remember(session& s,
                        const std::vector<connection>& nodes,
                        const std::string& user,
                        const std::string& token) {
  auto folder = context_folder::of(s.io.env);
  auto name = s.context_name();
  if (!folder || !name)
    return fail(!folder ? folder.error() : name.error());
  const auto& to = nodes.front();
  // Later commands run in other folders.
  auto cacert =
    to.whom.cacert.empty() ? std::string{} : std::filesystem::absolute(to.whom.cacert).string();
  context known{url_of(to.where), user, token, to.whom.fingerprint, cacert};
  for (size_t i = 1; i < nodes.size(); ++i)
    known.others.push_back({url_of(nodes[i].where), nodes[i].whom.fingerprint});
  return save_context(folder->file_of(*name), known);
}

/// Settles which certificates all nodes must show, and puts one that is reached first. A node that
/// is down now is kept as it was known; one whose certificate the user refuses ends the log-in.
expected<std::vector<connection>> settle_nodes(session& s) {
  auto nodes = s.find_connections(true);
  if (!nodes)
    return nodes;
  std::optional<error> trouble;
  size_t reached = nodes->size();
  for (size_t i = 0; i < nodes->size(); ++i) {
    auto& to = (*nodes)[i];
    auto settled = settle_trust(s, to);
    if (settled && nodes->size() > 1) // A pin says nothing of whether the node is there.
      if (auto seen = client(to).get("/healthz"); !seen && seen.error() == ec::unreachable)
        settled = fail(seen.error());
    if (settled) {
      reached = std::min(reached, i);
      continue;
    }
    if (settled.error() != ec::unreachable)
      return fail(settled.error());
    if (nodes->size() > 1)
      s.note(settled.error().detail);
    trouble = trouble.value_or(settled.error());
  }
  if (reached == nodes->size())
    return fail(*trouble);
  std::rotate(nodes->begin(),
              nodes->begin() + static_cast<std::ptrdiff_t>(reached),
              nodes->begin() + static_cast<std::ptrdiff_t>(reached) + 1);
  return nodes;
}

/// The default password lets nobody do anything else, so it is changed right here when a new one is
/// at hand.
expected<json> change_password(session& s, connection to, const std::string& token) {
  auto password = s.new_secret(
    "new_password", "AOPS_NEW_PASSWORD", tr("The default password must be changed. New password"));
  if (!password)
    return fail(
      ec::default_password,
      tr("logged in, but the default password must be changed; run: aops account --action "
         "change --password -"));
  to.token = token;
  return client(std::move(to))
    .post("/manage/account/change", body_of(aops::change_password{.password = {*password}}));
}

int finish(session& s, const connection& to, const std::string& user) {
  if (s.wants_data())
    s.print_json({{"url", url_of(to.where)}, {"username", user}});
  else
    s.io.out << tr("logged in to {} as {}\n", url_of(to.where), printable(user));
  auto folder = context_folder::of(s.io.env);
  auto name = s.context_name();
  if (auto used = folder ? folder->used() : name; name && used && *name != *used)
    s.note(
      tr("this is context {}; to have every command go there: aops context use {}", *name, *name));
  return exit_done;
}

int log_in(session& s) {
  auto nodes = settle_nodes(s);
  if (!nodes)
    return s.complain(nodes.error());
  auto* to = &nodes->front();
  auto user =
    s.args.has("username") ? s.args.text("username") : s.io.env("AOPS_USERNAME").value_or("admin");
  to->token.clear();
  auto password =
    s.secret("password", "AOPS_PASSWORD", tr("Password of {} at {}", user, to->where.origin()));
  if (!password)
    return s.complain(password.error());
  auto reply = client(*to).post("/manage/account/login",
                                body_of(aops::log_in{.username = user, .password = {*password}}));
  if (!reply)
    return s.complain(reply.error());
  auto token = text_of(*reply, "access_token");
  if (token.empty())
    return s.complain(reply_error(*reply));
  if (auto kept = remember(s, *nodes, user, token); !kept)
    return s.complain(kept.error());
  if (count_of(*reply, "code") == default_password_code) {
    auto changed = change_password(s, *to, token);
    if (!changed)
      return s.complain(changed.error());
    if (!succeeded(*changed))
      return s.complain(reply_error(*changed));
  }
  return finish(s, *to, user);
}

int log_out(session& s) {
  auto nodes = s.find_connections();
  if (!nodes)
    return s.complain(nodes.error());
  const auto& token = nodes->front().token;
  if (token.empty()) {
    s.note(tr("not logged in"));
    return exit_done;
  }
  auto folder = context_folder::of(s.io.env);
  auto name = s.context_name();
  auto path = folder && name ? folder->file_of(*name) : std::string{};
  auto known = load_context(path);
  // Read before the token is forgotten. It is forgotten even when no node can be told: that is what
  // the user wants to be sure of.
  auto last_words = s.new_nodes();
  if (!last_words)
    return s.complain(last_words.error());
  if (known && known->access_token == token) {
    known->access_token.clear();
    if (auto kept = save_context(path, *known); !kept)
      return s.complain(kept.error());
  }
  return s.show(last_words->post("/manage/account/logout", body_of(aops::log_out{})), {});
}

} // namespace

verb login_verb() {
  return {
    .name = "login",
    .summary = "Log in and remember the session and the node's certificate",
    .run = log_in,
    .options =
      {{.name = "username", .value = "NAME", .help = "Account; else AOPS_USERNAME, else admin"},
       {.name = "password",
        .value = "TEXT",
        .help = "Password; `-` reads a line of standard input; else AOPS_PASSWORD, else asked"},
       {.name = "new_password",
        .value = "TEXT",
        .help = "Takes the place of the default password, if that is still set"},
       {.name = "trust",
        .help = "Pin whatever certificate the node shows, also when another one was pinned",
        .kind = option_kind::flag}},
    .needs_token = false,
    .examples = "  aops login\n"
                "  aops login --url https://node1:11111 --username admin\n"
                "  aops login --url "
                "https://node1:11111,https://node2:11111,https://node3:11111\n"
                "  aops login --context test --url https://test1:11111\n"};
}

verb logout_verb() {
  return {.name = "logout",
          .summary = "End the session and forget it",
          .run = log_out,
          .needs_token = false,
          .examples = "  aops logout\n"};
}

} // namespace aops::cli
