"""What tools/bench/run is made of: one module per figure, beside what they share."""
