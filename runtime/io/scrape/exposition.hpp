#pragma once

#include "messages/error.hpp"
#include "messages/sample.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aops::scrape {

/// One label as it stands in the page.
struct label_text {
  std::string_view name;
  std::string_view raw; ///< Between the quotes; valid UTF-8.
  bool escaped = false; ///< `raw` holds a backslash: `unescape` gives the value.
};

/// The labels of one line, in their order in the page; valid only during the call that hands them
/// over.
class label_view {
public:
  explicit label_view(const std::vector<label_text>& labels) : labels_(labels) {}
  auto begin() const { return labels_.begin(); }
  auto end() const { return labels_.end(); }
  size_t size() const { return labels_.size(); }

  /// What rules compare: without `instance`, `job` and labels without a value (which Prometheus
  /// treats as absent).
  label_set to_set() const;

private:
  const std::vector<label_text>& labels_;
};

/// Undoes `\\`, `\"` and `\n`; another backslash stays.
std::string unescape(std::string_view raw);

/// Who reads a page. Every view is valid only during the call.
class line_sink {
public:
  virtual ~line_sink() = default;

  /// The beginning of a sample line, before anything else is read of it. A sink that knows the
  /// series from an earlier page answers the length of name and labels, up to the blank before the
  /// value: `on_known` follows and labels are never read. 0: unknown.
  virtual size_t recognise(std::string_view line) {
    (void)line;
    return 0;
  }
  virtual expected<void> on_known(std::string_view value_text) {
    (void)value_text;
    return {};
  }

  /// Whether samples of this name matter; asked once per run of lines with one name. What is not
  /// wanted is skipped unread, errors included.
  virtual bool wants(std::string_view name) = 0;

  /// A sample of a wanted series. `series` is the text of name and labels as `recognise` will see
  /// it; `value_text` is not yet known to be a number (base::read_number). An error ends the page.
  virtual expected<void> on(std::string_view series,
                            std::string_view name,
                            const label_view& labels,
                            std::string_view value_text) = 0;

  /// `# TYPE name kind`
  virtual void on_type(std::string_view name, std::string_view kind) { (void)name, (void)kind; }
};

/// What a page held.
struct page_summary {
  size_t lines = 0;
  size_t samples = 0; ///< Sample lines, unwanted ones included.
};

/// Reads a page of the Prometheus text format 0.0.4, leniently also OpenMetrics: exemplars, time
/// stamps, HELP, UNIT and other comments are skipped, `# EOF` ends it, lines may end in CR LF.
/// Makes one pass and copies nothing. Stops at the first error: ec::corrupt `line N: reason`; what
/// the sink got before it is of no use.
expected<page_summary> parse_exposition(std::string_view page, line_sink& sink);

/// Every series of a page with its value, for people who look for one. Errors as parse_exposition;
/// a value that is no number is one. At most `limit` series, the rest is left out.
expected<std::vector<std::pair<series_key, number>>> all_series(std::string_view page,
                                                                size_t limit);

} // namespace aops::scrape
