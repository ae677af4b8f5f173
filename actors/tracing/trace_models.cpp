#include "actors/tracing/trace_models.hpp"

#include "runtime/base/log.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

namespace aops::actors {

namespace {

namespace fs = std::filesystem;

/// Files of a folder, by name; at most so many, none longer than a model may be.
std::vector<tracing::model_file> files_in(const std::string& folder) {
  std::vector<tracing::model_file> out;
  std::error_code why;
  std::vector<fs::path> paths;
  for (fs::directory_iterator it{folder, why}, end; !why && it != end; it.increment(why))
    if (it->is_regular_file(why) && paths.size() < tracing::most_models)
      paths.push_back(it->path());
  if (why)
    log::error("trace-models-unread", "tracing.models {}: {}", folder, why.message());
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) {
    auto extension = path.extension().string();
    if (extension != ".yml" && extension != ".yaml")
      continue;
    std::ifstream file{path, std::ios::binary};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    if (!file || text.size() > tracing::most_model_bytes)
      log::error("trace-model-unread", "{}: cannot be read, or is too long", path.string());
    else
      out.push_back({path.filename().string(), std::move(text)});
  }
  return out;
}

} // namespace

trace_models_ptr load_trace_models(const std::string& folder) {
  auto shipped = tracing::shipped_models();
  std::vector<tracing::model_file> files{shipped.begin(), shipped.end()};
  if (!folder.empty())
    for (auto& file : files_in(folder)) {
      // One by one: what is wrong of one does not keep the others out.
      std::vector<tracing::model_file> one{file};
      if (auto fine = tracing::registry::load(one); !fine)
        log::error("trace-model-wrong", "tracing.models: {}", fine.error().detail);
      else
        files.push_back(std::move(file));
    }
  auto all = tracing::registry::load(files);
  if (!all) {
    log::error("trace-models-wrong", "{}", all.error().detail);
    return std::make_shared<const tracing::registry>();
  }
  return std::make_shared<const tracing::registry>(std::move(*all));
}

std::string
values_text(const tracing::registry& models, std::string_view path, const std::string& body) {
  auto read = tracing::parse(body, models.find_or_text(path).how);
  return read ? tracing::to_json_text(read->values()) : body;
}

} // namespace aops::actors
