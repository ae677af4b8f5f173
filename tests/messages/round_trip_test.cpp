#include "messages/all.hpp"
#include "tests/support/actor_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>

#include <filesystem>
#include <map>
#include <random>
#include <set>

namespace aops {

namespace {

/// Fills whatever it inspects with random values.
class filler {
public:
  using result_type = caf::error;
  static constexpr bool reads_state = false, writes_state = true;

  explicit filler(unsigned seed) : random_(seed) {}

  template <class... Ts>
  result_type operator()(Ts&&... xs) {
    ++depth_;
    (fill(xs), ...);
    --depth_;
    return caf::none;
  }

private:
  size_t below(size_t n) { return random_() % n; }

  template <class T>
  void fill(T& x) {
    if constexpr (std::is_same_v<T, bool>)
      x = below(2) == 0;
    else if constexpr (std::is_enum_v<T>)
      x = static_cast<T>(below(2));
    else if constexpr (std::is_arithmetic_v<T>)
      x = static_cast<T>(random_());
    else
      inspect(*this, x);
  }
  void fill(std::string& x) {
    x.resize(below(20));
    for (auto& c : x)
      c = static_cast<char>(below(256)); // Blobs are texts, too.
  }
  void fill(caf::message& x) {
    std::string text;
    fill(text);
    x = caf::make_message(std::move(text), static_cast<int64_t>(random_()));
  }
  template <class T>
  void fill(std::vector<T>& x) {
    x.resize(depth_ > 4 ? 0 : below(4));
    for (auto& item : x)
      fill(item);
  }
  template <class K, class V>
  void fill(std::map<K, V>& x) {
    for (size_t n = below(4); n > 0; --n) {
      K key;
      fill(key);
      fill(x[key]);
    }
  }

  std::mt19937 random_;
  int depth_ = 0;
};

/// Counts what `inspect` names.
struct counter {
  using result_type = void;
  static constexpr bool reads_state = true, writes_state = false;
  size_t fields = 0;
  template <class... Ts>
  void operator()(Ts&&...) {
    fields = sizeof...(Ts);
  }
};

struct anything {
  template <class T>
  operator T() const;
};

/// Members of an aggregate, as far as its initialisation tells.
template <class T, class... Found>
constexpr size_t members_of() {
  if constexpr (!std::is_aggregate_v<T>)
    return 0;
  else if constexpr (requires { T{Found{}..., anything{}}; })
    return members_of<T, Found..., anything>();
  else
    return sizeof...(Found);
}

std::vector<char> bytes_of(caf::actor_system& system, const caf::message& x) {
  std::vector<char> bytes;
  caf::binary_serializer sink{system, bytes};
  BOOST_TEST(!sink(const_cast<caf::message&>(x)));
  return bytes;
}

bool survives(caf::actor_system& system, const std::vector<char>& bytes) {
  caf::message copy;
  caf::binary_deserializer source{system, bytes};
  return !source(copy) && copy.size() == 1 && bytes_of(system, copy) == bytes;
}

template <class T>
void fill_in(void* x, unsigned seed) {
  filler f{seed};
  (void)inspect(f, *static_cast<T*>(x));
}

template <class T>
size_t inspected() {
  T x;
  counter c;
  inspect(c, x);
  return c.fields;
}

/// What the tests know of a type. The rest is asked of the registered one: messages made here would
/// be compiled here, and that took minutes.
struct type_row {
  const char* name;
  const std::type_info& type;
  void (*fill)(void* x, unsigned seed);
  size_t (*inspected)();
  size_t members;
};

const type_row all_types[] = {
#define AOPS_EACH_TYPE(subject, type)                                                              \
  {"aops::" #type, typeid(type), &fill_in<type>, &inspected<type>, members_of<type>()},
  AOPS_ALL_TYPES
#undef AOPS_EACH_TYPE
};

/// The bytes of a message of one value with any content.
std::vector<char> filled(caf::actor_system& system, const type_row& type, unsigned seed) {
  auto value = system.types().make_value(type.type);
  BOOST_REQUIRE_MESSAGE(value, type.name << " is not registered");
  type.fill(value->get_mutable(), seed);
  std::vector<char> bytes;
  caf::binary_serializer sink{system, bytes};
  uint16_t by_name = 0;
  std::string types = "@<>+" + system.types().portable_name(value->type());
  BOOST_TEST(!sink.begin_object(by_name, types));
  BOOST_TEST(!value->save(sink));
  BOOST_TEST(!sink.end_object());
  return bytes;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(wire, tests::actor_fixture)

BOOST_AUTO_TEST_CASE(every_message_survives_with_any_content) {
  for (unsigned seed = 1; seed <= 20; ++seed)
    for (const auto& type : all_types)
      BOOST_TEST(survives(system, filled(system, type, seed)), type.name << " with seed " << seed);
}

BOOST_AUTO_TEST_CASE(no_member_of_a_message_stays_at_home) {
  for (const auto& type : all_types) {
    auto fields = type.inspected();
    BOOST_TEST(fields >= type.members, type.name << " inspects " << fields << " members");
  }
}

/// CAF tells by an empty message; of a message within a message that is cut, by leaving that empty.
bool is_none(const caf::message& x) {
  return x.empty() || (x.match_elements<parcel>() && x.get_as<parcel>(0).body.empty());
}

BOOST_AUTO_TEST_CASE(a_cut_message_is_none_and_no_crash) {
  for (const auto& type : all_types) {
    auto bytes = filled(system, type, 7);
    for (size_t n = 0; n < bytes.size(); n += 1 + bytes.size() / 40) {
      std::vector<char> part(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(n));
      caf::message copy;
      caf::binary_deserializer source{system, part};
      BOOST_TEST((source(copy) || is_none(copy)),
                 type.name << " cut to " << n << " of " << bytes.size());
    }
  }
}

BOOST_AUTO_TEST_CASE(every_block_of_types_is_in_the_list) {
  std::set<std::string> headers, listed;
  for (const auto& x : std::filesystem::directory_iterator{AOPS_SOURCE_DIR "/messages/types"})
    if (x.path().stem() != "block")
      headers.insert(x.path().stem());
  for (const auto& x : type_blocks)
    listed.insert(std::string{x.subject});
  BOOST_TEST(listed == headers, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(blocks_that_reserve_the_same_numbers_are_found) {
  BOOST_TEST(are_disjoint(std::to_array<type_block>({{"b", 1100, 1110}, {"a", 1000, 1003}})));
  BOOST_TEST(!are_disjoint(std::to_array<type_block>({{"b", 1000, 1010}, {"a", 1000, 1003}})));
  BOOST_TEST(!are_disjoint(std::to_array<type_block>({{"b", 1050, 1060}, {"a", 1000, 1003}})));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops
