"""The study: training, benchmarks, statistics, figures, reports, command line."""
