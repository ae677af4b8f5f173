#include "actors/host/history_turns.hpp"

#include <algorithm>

namespace aops::actors {

namespace {

constexpr std::chrono::milliseconds shortest_pause{10}, longest_pause{5000};

} // namespace

history_turns::history_turns(std::shared_ptr<history_gate> gate, links to)
    : gate_(std::move(gate)), to_(std::move(to)), ticket_(gate_->new_ticket()) {}

history_turns::~history_turns() { gate_->leave(ticket_); }

void history_turns::ask(std::function<void()> read) {
  reads_.push_back(std::move(read));
  if (state_ == state::idle)
    next();
}

void history_turns::next() {
  if (reads_.empty()) {
    state_ = state::idle;
    return;
  }
  state_ = state::waiting;
  if (gate_->enter(ticket_, to_.owner, to_.wake))
    run();
}

void history_turns::run() {
  state_ = state::reading;
  began_ = std::chrono::steady_clock::now();
  auto read = std::move(reads_.front());
  reads_.pop_front();
  read();
}

void history_turns::done() {
  gate_->leave(ticket_);
  state_ = state::pausing;
  auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
    std::chrono::steady_clock::now() - began_);
  to_.wake_after(std::clamp(took, shortest_pause, longest_pause));
}

void history_turns::on_turn() {
  if (state_ == state::waiting)
    run();
  else if (state_ == state::pausing)
    next();
}

} // namespace aops::actors
