"""What things cost. Every figure is a ratio to a floor measured in the same run; nothing here gates a test."""
