#include "cli/vectors/vectors.hpp"
#include "runtime/core/expr/evaluator.hpp"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace aops::vectors {

namespace {

std::vector<data_item> data_list_of(const json& vector) {
  std::vector<data_item> list;
  for (const auto& entry : vector.at("data_list")) {
    data_item item;
    item.name = entry.at("name").get<std::string>();
    item.type = entry.value("type", std::string("kpi"));
    if (entry.contains("label") && entry.at("label").is_object())
      item.label = entry.at("label").get<label_set>();
    list.push_back(std::move(item));
  }
  return list;
}

number number_of(const json& sample) {
  if (sample.is_number_integer() &&
      (!sample.is_number_unsigned() || sample.get<uint64_t>() <= INT64_MAX))
    return number::of(sample.get<int64_t>());
  if (sample.is_number())
    return number::of(sample.get<double>());
  if (!sample.is_string())
    return expr::unreadable_sample;
  return expr::parse_sample(sample.get<std::string>()).value_or(expr::unreadable_sample);
}

expr::series series_of(const json& points, bool is_log) {
  expr::series s(is_log);
  s.reserve(points.size());
  for (const auto& point : points) {
    auto time_ms = static_cast<int64_t>(std::llround(point.at(0).get<double>() * 1000));
    if (is_log)
      s.append(time_ms,
               point.at(1).is_string() ? point.at(1).get<std::string>() : point.at(1).dump());
    else
      s.append(time_ms, number_of(point.at(1)));
  }
  return s;
}

json json_of(const expr::value& x) {
  switch (x.what()) {
  case expr::kind::null:
    return {{"type", "null"}, {"value", nullptr}};
  case expr::kind::boolean:
    return {{"type", "bool"}, {"value", x.boolean()}};
  case expr::kind::integer:
    return {{"type", "number"}, {"value", x.integer()}};
  case expr::kind::text:
    return {{"type", "string"}, {"value", x.text()}};
  case expr::kind::real:
    break;
  }
  if (std::isinf(x.real()))
    return {{"type", "number"}, {"value", x.real() > 0 ? "Infinity" : "-Infinity"}};
  if (std::isnan(x.real()))
    return {{"type", "number"}, {"value", "NaN"}};
  return {{"type", "number"}, {"value", x.real()}};
}

json json_of(const expr::outcome& o) {
  if (o.what == expr::verdict::error)
    return {{"type", "error"}, {"kind", "eval"}, {"verdict", "error"}};
  auto result = json_of(o.result);
  result["verdict"] = o.what == expr::verdict::abnormal ? "abnormal" : "normal";
  return result;
}

json evaluate(const json& vector,
              std::shared_ptr<const expr::program> program,
              const std::vector<data_item>& items) {
  std::vector<expr::series> data;
  for (size_t i = 0; i < items.size(); ++i) {
    auto points = vector.at("series").value("$" + std::to_string(i), json::array());
    data.push_back(series_of(points, items[i].type == "log"));
  }
  std::vector<const expr::series*> views;
  for (const auto& s : data)
    views.push_back(&s);
  auto index = vector.at("index").get<int64_t>();
  // A negative index is outside, as any other that is no point.
  return json_of(expr::evaluator(std::move(program), views)
                   .at(index < 0 ? UINT64_MAX : static_cast<uint64_t>(index)));
}

} // namespace

judgement judge_expression(const json& vector) {
  auto items = data_list_of(vector);
  auto program = expr::program::compile(vector.at("condition").get<std::string>(), items);
  const auto& expected = wanted(vector);
  if (!program) {
    json got = {{"type", "error"}, {"kind", "parse"}, {"verdict", "error"}};
    auto result = compare(expected, got);
    result.got += " " + program.error().detail;
    return result;
  }
  auto result = compare(expected, evaluate(vector, *program, items));
  if (!result.passed || !vector.contains("lookback"))
    return result;
  json lookback = {{"seconds", static_cast<double>((*program)->lookback_ms()) / 1000},
                   {"points", (*program)->lookback_points()}};
  return compare(vector.at("lookback"), lookback);
}

} // namespace aops::vectors
