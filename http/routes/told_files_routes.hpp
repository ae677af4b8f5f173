#pragma once

#include "http/routes/ask.hpp"
#include "http/server/route.hpp"

namespace aops::http {

/// POST /tracing/ingest: what a host tells of its traced files, with its token.
foreign_route told_files_route(const node_port& port);

} // namespace aops::http
