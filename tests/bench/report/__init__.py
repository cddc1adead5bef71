"""What the benches' rows become: tables for people, one file of JSON for programs."""
