#include "cli/agent/exporter.hpp"

#include "runtime/base/thread.hpp"

#include <httplib.h>

#include <poll.h>
#include <utility>

namespace aops::agent {

expected<std::unique_ptr<exporter>> exporter::start(const base::endpoint& at,
                                                    std::function<std::string()> page) {
  std::unique_ptr<exporter> out{new exporter};
  out->at_ = at;
  out->server_ = std::make_unique<httplib::Server>();
  auto& server = *out->server_;
  server.new_task_queue = [] { return new httplib::ThreadPool(2); };
  // The library would let another program have the same port.
  server.set_socket_options([](socket_t socket) {
    int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  server.set_read_timeout(5);
  server.set_write_timeout(5);
  server.set_keep_alive_max_count(1);
  server.set_payload_max_length(1024);
  server.Get("/metrics", [page = std::move(page)](const httplib::Request&, httplib::Response& to) {
    to.set_content(page(), "text/plain; version=0.0.4; charset=utf-8");
  });
  bool is_bound = at.port != 0;
  if (is_bound)
    is_bound = server.bind_to_port(at.host, at.port);
  else if (int port = server.bind_to_any_port(at.host); port > 0) {
    out->at_.port = static_cast<uint16_t>(port);
    is_bound = true;
  }
  if (!is_bound)
    return fail(ec::unreachable, to_string(at) + ": cannot listen there");
  auto made = base::start_thread("exporter", [&server] { server.listen_after_bind(); });
  if (!made)
    return fail(std::move(made.error()));
  out->thread_ = std::move(*made);
  return out;
}

exporter::~exporter() {
  if (!thread_.joinable())
    return;
  for (int i = 0; i < 1000 && !server_->is_running(); ++i)
    ::poll(nullptr, 0, 1); // What is stopped before it began would begin after all.
  server_->stop();
  thread_.join();
}

} // namespace aops::agent
