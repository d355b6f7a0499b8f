"""`make bench`: how fast Concierge is, as ratios against a baseline measured in the same run. No test runs this."""
