#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace aops::base {

/// What stands where a secret stood.
inline constexpr std::string_view masked_secret = "********";

/// Takes secrets out of texts, in one pass over the text whatever their number. Found are a secret
/// as it is, in JSON, in quotes of a shell or of Python, in a URL, in hex digits, and inside of
/// base64 wherever it begins; of one with several lines each line of 8 bytes or more too. One of
/// less than 4 bytes is found as a word only: `a` is no reason to hide every `a`. Any thread.
class secret_mask {
public:
  /// @param secrets Empty ones are ignored.
  explicit secret_mask(std::span<const std::string_view> secrets);
  ~secret_mask();
  secret_mask(secret_mask&&) noexcept;
  secret_mask& operator=(secret_mask&&) noexcept;

  void apply(std::string& text) const;

private:
  class matcher;
  std::unique_ptr<matcher> matcher_; ///< Null: there is no secret.
};

} // namespace aops::base
