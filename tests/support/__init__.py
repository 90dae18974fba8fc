"""What several suites share: a real Postgres, and makers of values."""
