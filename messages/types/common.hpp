#pragma once

#include "messages/types/block.hpp"

#include <caf/atom.hpp>

/// What every subject uses: the error and the words.
#define AOPS_TYPES_common(X) X(common, error)

AOPS_TYPE_BLOCK(common, 1000)

/// Words, at most 10 characters of [A-Za-z0-9_ ]: `aops::atom::tick_v`. CAF sends them as values of
/// one type: they need no number.
#define AOPS_ATOMS(X)                                                                              \
  X(ping) /* Answered with nothing once the actor can do its work. */                              \
  X(tick) /* INTERNAL: a schedule fired. */                                                        \
  X(stop) /* Asks to end in order. */                                                              \
  X(done) /* INTERNAL: work given away has ended. */

#define AOPS_ADD_ATOM(word) CAF_ADD_ATOM(aops, aops::atom, word, #word)
AOPS_ATOMS(AOPS_ADD_ATOM)
#undef AOPS_ADD_ATOM
