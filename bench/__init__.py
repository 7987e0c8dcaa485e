"""The load generator, the data generator and the workloads; nothing imports it."""
