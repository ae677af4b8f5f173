#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// A set of words in few bits each, which may take a word for one of its own: an xor filter (Graf,
/// Lemire: "Xor Filters: Faster and Smaller Than Bloom and Cuckoo Filters", 2019), 9.8 bits a word,
/// wrong for one word of 256.
namespace aops::logs {

/// XXH64 with seed 0: the same on all machines, for it is kept in files. For `make_word_filter` and
/// `may_have_word`.
uint64_t hash_of_word(std::string_view word);

/// Bytes that tell of these words.
std::string make_word_filter(std::vector<uint64_t> hashes);

/// Whether a word may be one of a filter's. True when the bytes are none of a filter: what is found
/// is looked at.
bool may_have_word(std::string_view filter, uint64_t hash);

} // namespace aops::logs
