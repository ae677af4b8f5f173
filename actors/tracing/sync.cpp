#include "actors/tracing/sync.hpp"

#include "messages/return_code.hpp"

namespace aops::actors {

namespace {

/// Of one request: files, bytes. What goes to another node has to fit into a message.
constexpr size_t most_pushed_files = 500, most_pushed_bytes = size_t{512} << 10;

/// The command of the request, else that of the model where it may be run here.
maybe<command_to_use> command_of(const maybe<command_to_use>& asked,
                                 const std::string& of_model,
                                 const task::known_commands& known) {
  if (asked)
    return asked;
  if (of_model.empty() || !known.contains(of_model))
    return {};
  return maybe<command_to_use>{command_to_use{of_model, {}}};
}

} // namespace

std::vector<push_part> pushes_of(const trace_plan& plan,
                                 const tracing::registry& models,
                                 const configs_to_sync& x,
                                 const task::known_commands& known) {
  std::vector<push_part> parts;
  size_t bytes = 0;
  for (size_t host = 0; host < plan.hosts.size(); ++host)
    for (size_t item = 0; item < plan.items.size(); ++item) {
      const auto& file = plan.items[item];
      const auto& model = models.find_or_text(file.path);
      bool is_full = !parts.empty() && (parts.back().places.size() >= most_pushed_files ||
                                        bytes + file.body.size() > most_pushed_bytes);
      if (parts.empty() || is_full) {
        parts.emplace_back();
        bytes = 0;
      }
      bytes += file.body.size();
      file_to_push push;
      push.host_id = plan.hosts[host].host_id;
      push.path = file.path;
      push.content = file.body;
      push.validate = command_of(x.validate, model.validate, known);
      push.activate = command_of(x.activate, model.activate, known);
      parts.back().request.infos.push_back(std::move(push));
      parts.back().places.push_back({host, item});
    }
  return parts;
}

configs_synced
reply_of(const trace_plan& plan, const pushed_files& pushed, const look_result& found) {
  std::map<std::pair<size_t, size_t>, const found_file*> after;
  for (const auto& file : found.files)
    after.emplace(std::pair{file.host, file.item}, &file);
  configs_synced reply;
  reply.failList = plan.failures;
  size_t done = 0, all = 0;
  for (size_t host = 0; host < plan.hosts.size(); ++host) {
    auto& row = reply.list.emplace_back();
    row.hostId.hostId = plan.hosts[host].host_id;
    for (size_t item = 0; item < plan.items.size(); ++item) {
      std::pair place{host, item};
      synced_file x;
      x.filePath = plan.items[item].path;
      auto how = pushed.find(place);
      auto is = after.find(place);
      x.state = how == pushed.end() ? "failed" : how->second.state;
      x.reason = how == pushed.end() ? "nothing was told of it" : how->second.reason;
      x.backup = how == pushed.end() ? std::string{} : how->second.backup;
      bool is_there = x.state == "pushed" || x.state == "unchanged";
      if (is_there && (is == after.end() || is->second->state != synchronized_state)) {
        is_there = false;
        x.reason = is == after.end() ? "was not read afterwards: " + found.refused
                                     : "is another one afterwards: " + is->second->reason;
      }
      x.result = is_there ? "SUCCESS" : "FILED";
      done += is_there;
      ++all;
      row.syncResult.push_back(std::move(x));
    }
  }
  if (done < all)
    reply.code = done > 0 ? code_partial : 500;
  return reply;
}

} // namespace aops::actors
