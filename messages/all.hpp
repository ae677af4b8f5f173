#pragma once

/// Every subject. For the two units that need the whole list of `messages/type_ids.hpp` complete:
/// the one that registers the types and the one that tests them. Others include what they speak.
#include "messages/account.hpp"
#include "messages/check.hpp"
#include "messages/cluster.hpp"
#include "messages/diag.hpp"
#include "messages/error.hpp"
#include "messages/host.hpp"
#include "messages/job.hpp"
#include "messages/rounds.hpp"
#include "messages/supervision.hpp"
