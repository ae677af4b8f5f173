#include "cli/aops/verbs/host_trust.hpp"

#include "cli/aops/text/language.hpp"
#include "cli/aops/verbs/common.hpp"
#include "messages/remote.hpp"

#include <fmt/format.h>

namespace aops::cli {

namespace {

std::string listed(const json& prints) {
  std::string out;
  for (const auto& print : prints)
    if (print.is_string())
      out += (out.empty() ? "" : ", ") + print.get<std::string>();
  return out.empty() ? "-" : out;
}

/// Every key it is known by is shown.
bool is_known(const json& reply) {
  const auto& shown = member(reply, "shown");
  for (const auto& print : member(reply, "known"))
    if (std::find(shown.begin(), shown.end(), print) == shown.end())
      return false;
  return !member(reply, "known").empty();
}

} // namespace

int trust_host(session& s) {
  auto ids = s.host_ids({s.args.text("host")});
  if (!ids)
    return s.complain(ids.error());
  if (s.has_missing())
    return exit_failed;
  host_to_trust x{ids->front(), {}};
  if (s.args.has("fingerprint")) {
    x.fingerprint = s.args.text("fingerprint");
    return s.show(s.post("/manage/host/trust", x), {});
  }
  auto seen = s.fetch("/manage/host/trust", x);
  if (!seen)
    return s.complain(seen.error());
  if (is_known(*seen) || !s.io.out_is_terminal || member(*seen, "shown").empty())
    return s.show(seen, {});
  auto first = member(*seen, "shown").front().get<std::string>();
  auto answer = s.io.ask(tr("known by {}\nshows    {}\nTrust {}? [yes/no] ",
                            listed(member(*seen, "known")),
                            listed(member(*seen, "shown")),
                            first),
                         false);
  if (!answer)
    return s.complain(answer.error());
  if (*answer != "yes" && *answer != "y") {
    s.note(tr("nothing was changed"));
    return exit_failed;
  }
  x.fingerprint = first;
  return s.show(s.post("/manage/host/trust", x), {});
}

} // namespace aops::cli
