#include "cli/aops/command/session.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/verbs/verbs.hpp"
#include "messages/vault.hpp"

namespace aops::cli {

namespace {

int certify(session& s) {
  auto key = s.secret("key", "AOPS_VAULT_KEY", tr("Vault key"));
  if (!key)
    return s.complain(key.error());
  if (!s.args.on("change") && !s.args.has("new_key"))
    return s.show(s.post("/manage/account/certificate", vault_key_to_enter{{*key}}), {});
  auto next = s.new_secret("new_key", "AOPS_NEW_VAULT_KEY", tr("New vault key"));
  if (!next)
    return s.complain(next.error());
  return s.show(s.post("/manage/account/certificate/change", vault_key_to_change{{*key}, {*next}}),
                {});
}

} // namespace

verb certificate_verb() {
  return {.name = "certificate",
          .summary = "Enter the vault key for this session, or change it",
          .run = certify,
          .options = {{.name = "key",
                       .value = "TEXT",
                       .help = "Vault key; `-` reads a line of standard input; else "
                               "AOPS_VAULT_KEY, else asked"},
                      {.name = "change",
                       .help = "Change it: asks for the new one too",
                       .kind = option_kind::flag,
                       .is_extra = true},
                      {.name = "new_key",
                       .value = "TEXT",
                       .help = "The new one; `-` reads a line of standard input; else "
                               "AOPS_NEW_VAULT_KEY, else asked",
                       .is_extra = true}},
          .examples = "  aops certificate\n"
                      "  aops certificate --key -\n"
                      "  aops certificate --change\n"};
}

} // namespace aops::cli
