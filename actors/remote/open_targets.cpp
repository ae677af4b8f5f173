#include "actors/remote/open_targets.hpp"

#include "actors/store/host_credentials.hpp"
#include "runtime/io/storage/credential_repository.hpp"
#include "runtime/io/storage/host_info_repository.hpp"

#include <map>

namespace aops::actors {

namespace {

struct sealed_hosts {
  std::vector<host_facts> rows;
  std::map<std::string, std::string> sealed;
  storage::by_text<std::vector<std::string>> keys;
};

expected<sealed_hosts> sealed_hosts_of(storage::database& db,
                                       const std::string& owner,
                                       const std::vector<std::string>& ids) {
  auto rows = storage::host_info_repository{db}.basics({owner, {}}, ids);
  if (!rows)
    return fail(std::move(rows.error()));
  auto keys = storage::host_key_repository{db}.of(ids);
  if (!keys)
    return fail(std::move(keys.error()));
  auto sealed = storage::credential_repository{db}.of_hosts(owner, ids);
  if (!sealed)
    return fail(std::move(sealed.error()));
  sealed_hosts out{std::move(*rows), {}, std::move(*keys)};
  for (auto& entry : *sealed)
    out.sealed.emplace(std::move(entry.host_id), std::move(entry.sealed));
  return out;
}

ansible::target target_of(const host_facts& row, host_login login) {
  ansible::target out;
  out.id = row.host_id;
  out.name = row.host_name.value_or("");
  out.address = row.public_ip.value_or("");
  out.port = row.ssh_port.value_or(22);
  out.username = std::move(login.username);
  out.password = std::move(login.password);
  out.sudo_password = std::move(login.sudo_password);
  out.private_key = std::move(login.ssh_key);
  out.uses_su = login.become == "su";
  if (row.host_group_name)
    out.groups.push_back(*row.host_group_name);
  return out;
}

} // namespace

expected<opened_targets> open_targets(storage::database& db,
                                      const std::string& owner,
                                      const vault::secret_bytes& data_key,
                                      const std::vector<std::string>& host_ids) {
  auto hosts = sealed_hosts_of(db, owner, host_ids);
  if (!hosts)
    return fail(std::move(hosts.error()));
  std::map<std::string_view, const host_facts*> rows;
  for (const auto& row : hosts->rows)
    rows.emplace(row.host_id, &row);
  opened_targets out;
  for (const auto& id : host_ids) {
    auto row = rows.find(id);
    auto sealed = hosts->sealed.find(id);
    if (row == rows.end() || sealed == hosts->sealed.end()) {
      out.closed.push_back(
        {id,
         row == rows.end() ? "no such host" : "has no credentials: `aops host update` adds them"});
      continue;
    }
    auto login = open_login(data_key, owner, id, sealed->second);
    if (!login)
      return fail(std::move(login.error()));
    out.targets.push_back(target_of(*row->second, std::move(*login)));
    if (auto known = hosts->keys.find(id); known != hosts->keys.end())
      out.targets.back().host_keys = known->second;
  }
  return out;
}

std::vector<storage::known_key> known_keys(const std::vector<std::string>& keys) {
  std::vector<storage::known_key> out;
  for (const auto& key : keys)
    out.push_back({key, ansible::key_fingerprint(key)});
  return out;
}

expected<void> keep_host_keys(storage::database& db,
                              const std::vector<ansible::host_result>& hosts,
                              int64_t now_ms) {
  for (const auto& host : hosts)
    if (auto kept =
          storage::host_key_repository{db}.remember(host.host, known_keys(host.host_keys), now_ms);
        !kept)
      return kept;
  return {};
}

} // namespace aops::actors
