#pragma once

#include <caf/type_id.hpp>

/// Blocks of types that may cross the border of the process: one header per subject lists them
/// (`messages/types/account.hpp`) and numbers them from a reserved number on. A new message goes to
/// the list of its subject, and only who speaks that subject is compiled anew. From the lists come
/// the forward declarations, CAF's id blocks and the round-trip test of each type. On the wire a
/// type is its name; the numbers stay within the process.
///
/// A type in no list does not compile as part of a message; one whose block is not registered fails
/// at run time: the receiver gets an empty message. A new subject is one more header here and one
/// more line in AOPS_SUBJECTS of `messages/all.hpp`.

/// How many types a block may have.
#define AOPS_BLOCK_SIZE 100

#define AOPS_DECLARE_TYPE(subject, type) struct type;
#define AOPS_ADD_TYPE(subject, type) CAF_ADD_TYPE_ID(aops_##subject, (aops::type))

/// Declares and numbers the types of AOPS_TYPES_<subject>, structs of namespace aops.
/// @param first Its reserved number: a multiple of AOPS_BLOCK_SIZE that no other block has, from
/// 1000 on.
#define AOPS_TYPE_BLOCK(subject, first)                                                            \
  namespace aops {                                                                                 \
  AOPS_TYPES_##subject(AOPS_DECLARE_TYPE)                                                          \
  }                                                                                                \
  CAF_BEGIN_TYPE_ID_BLOCK(aops_##subject, first)                                                   \
  AOPS_TYPES_##subject(AOPS_ADD_TYPE) CAF_END_TYPE_ID_BLOCK(aops_##subject) static_assert(         \
    first >= 1000 && first % AOPS_BLOCK_SIZE == 0, "reserve a hundred of your own");               \
  static_assert(caf::id_block::aops_##subject::end <= first + AOPS_BLOCK_SIZE,                     \
                "too many types for one block: split the subject " #subject);
