#include "runtime/io/storage/mariadb_error.hpp"

#include <algorithm>
#include <array>

namespace aops::storage {

namespace {

template <size_t N>
bool is_among(const std::array<unsigned, N>& numbers, unsigned number) {
  return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

constexpr std::array lost_at_server{
  1040u, // too many connections
  1047u, // a Galera server that is not ready
  1053u, // shutdown in progress
  1152u,
  1158u,
  1159u,
  1160u,
  1161u,
  1184u, // the network
  1180u, // an error during the commit: nobody knows whether it was stored
  1203u,
  1226u, // the user has too many connections
  1290u,
  1836u, // read-only
  1927u, // connection killed
};

constexpr std::array denied{1044u, 1045u, 1049u, 1129u, 1130u, 1698u};

/// The disk or the engine does not serve.
constexpr std::array out_of_order{3u, 1021u, 1026u, 1030u, 1034u, 1114u, 1194u, 1195u, 1877u};

/// Lock wait, deadlock, interrupted, too long, out of memory: the transaction may be tried again.
constexpr std::array passing{1037u, 1038u, 1041u, 1205u, deadlock, 1317u, 1969u};

/// Mistakes in the use of the client library, and packets that are too large.
constexpr std::array harmless_in_client{
  2008u, 2020u, 2030u, 2031u, 2032u, 2033u, 2034u, 2035u, 2036u, 2051u, 2053u, 2054u};

/// A table, column or index is there already: for a migration that goes on where it was cut off.
constexpr std::array defined_already{1050u, 1060u, 1061u, 1826u};

/// The server's words for these contain values.
constexpr std::array wordy{1265u, 1292u, 1366u, 1411u, 1525u, 4078u};

ec refusal_of(std::string_view statement) {
  if (statement.starts_with("insert"))
    return ec::insert_failed;
  if (statement.starts_with("update"))
    return ec::update_failed;
  if (statement.starts_with("delete"))
    return ec::delete_failed;
  return ec::query_failed;
}

ec meaning_of(unsigned number, std::string_view statement) {
  if (number == duplicate_key || number == 1586 || is_among(defined_already, number))
    return ec::conflict;
  if (number == 1451 || number == 1452 || number == 1216 || number == 1217)
    return ec::has_dependency;
  if (is_among(passing, number))
    return ec::overloaded;
  if (ends_connection(number) || is_among(denied, number) || is_among(out_of_order, number))
    return ec::store_unreachable;
  return refusal_of(statement);
}

std::string harmless_text(const mariadb_trouble& what) {
  if (what.number == duplicate_key || what.number == 1586) {
    auto key = what.text.rfind(" for key ");
    return "the key exists already" + (key == std::string::npos ? "" : what.text.substr(key));
  }
  if (is_among(wordy, what.number)) {
    auto column = what.text.rfind(" for column ");
    return "a value does not fit" + (column == std::string::npos ? "" : what.text.substr(column));
  }
  return what.text;
}

} // namespace

bool ends_connection(unsigned number) {
  if (number >= 2000 && number < 3000)
    return !is_among(harmless_in_client, number);
  return is_among(lost_at_server, number);
}

error mariadb_error(const mariadb_trouble& what, std::string_view statement) {
  return {meaning_of(what.number, statement),
          "store: " + harmless_text(what) + " (" + std::to_string(what.number) + ")"};
}

} // namespace aops::storage
